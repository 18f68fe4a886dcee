"""What may be asked: the models that requests are checked with, and that the description of the API shows."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from pictrace.blends import MOST_TERMS, MOST_WEIGHT
from pictrace.service._unfit import unfit

MOST_RESULTS = 200
MOST_OFFSET = 1000
MOST_BATCH = 16
MOST_IDS = 1000
_INT48 = (1 << 48) - 1

Order = Literal["newest", "oldest", "largest", "smallest", "heaviest", "lightest"]
Side = Literal[128, 256, 512]
Id = Annotated[int, Field(ge=1, le=_INT48)]
Url = Annotated[str, Field(min_length=1, max_length=2048)]
# How long texts may be is said here, and looked at where it is told by a code of its own.
Text = Annotated[
    str, Field(description="What pictures show, in words.", json_schema_extra={"minLength": 1, "maxLength": 1000})
]
FilterText = Annotated[str, Field(max_length=2000, description='Such as `year >= 1900 and artist = "Monet"`.')]


class Strict(BaseModel):
    """What a request says: every member known, and of the type it has to be."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _region(value: object) -> object:
    """`x,y,w,h` as text of a form is four numbers too."""
    if isinstance(value, str):
        return tuple(int(part) if part.strip().isdecimal() else part for part in value.split(","))
    return tuple(value) if isinstance(value, list) else value


def _whole(value: object) -> object:
    """Digits, as addresses carry them, are a whole number."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[1-9][0-9]{0,8}", value) else value


_Pixel = Annotated[int, Field(ge=0, le=1 << 31, strict=True)]
_RegionText = Annotated[str, Field(pattern=r"^ *[0-9]{1,10} *(, *[0-9]{1,10} *){3}$")]
Region = Annotated[
    tuple[_Pixel, _Pixel, _Pixel, _Pixel],
    BeforeValidator(_region, json_schema_input_type=_RegionText | tuple[_Pixel, _Pixel, _Pixel, _Pixel]),
    Field(description="x, y, width, height in pixels of the upright original."),
]


class Options(Strict):
    """How to search."""

    limit: Annotated[int, Field(ge=1, le=MOST_RESULTS)] = 10
    offset: Annotated[int, Field(ge=0, le=MOST_OFFSET)] = 0
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.0
    mode: Literal["auto", "exact", "copy", "similar"] = "auto"
    region: Region | None = None
    filter: FilterText | None = None
    verify: bool = True
    explain: bool = False
    echo: bool = False


def either(*names: str) -> ConfigDict:
    """Says in the description that exactly one of these members is given."""
    return ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in names]})


class _Source(Strict):
    """A picture that is named: by the id it has here, or by its URL."""

    model_config = either("id", "url")

    id: Id | None = None
    url: Url | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.id is None) == (self.url is None):
            raise ValueError("give either id or url")
        return self


class Named(_Source):
    """A picture of the collection by its id, or any by its URL."""


class Ingredient(Strict):
    """A text, or a picture that is named, and how much it counts beside the rest of a query."""

    model_config = either("id", "url", "text")

    id: Id | None = None
    url: Url | None = None
    text: Text | None = None
    weight: Annotated[float, Field(gt=0, le=MOST_WEIGHT)] = 1.0

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.id, self.url, self.text].count(None) != 2:
            raise ValueError("give one of id, url and text")
        return self


_Ingredients = Annotated[list[Ingredient], Field(max_length=MOST_TERMS)]


class Ingredients(Strict):
    """What is added to a query, and what is taken off."""

    plus: _Ingredients = Field(default_factory=list)
    minus: _Ingredients = Field(default_factory=list)


class _Query(Strict):
    """A picture that is named, words, or a mixture."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [name]} for name in ("id", "url", "text", "plus")],
            "not": {"required": ["id", "url"]},
        }
    )

    id: Id | None = None
    url: Url | None = None
    text: Text | None = None
    plus: _Ingredients = Field(default_factory=list)
    minus: _Ingredients = Field(default_factory=list)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if None not in (self.id, self.url):
            raise ValueError("give either id or url")
        if self.id is None and self.url is None and self.text is None and not self.plus:
            raise ValueError("give one of id, url, text and plus")
        return self


class Question(Options, _Query):
    """A search with a picture that is named, with words, or with a mixture."""


class Beside(Options):
    """How to search, beside the file to search with."""

    name: Annotated[str, Field(max_length=5000, description="What the file is called; a search does not use it.")] = ""
    text: Text | None = None
    plus: Annotated[str, Field(description='A JSON list, such as `[{"text": "snow"}, {"id": 7, "weight": 0.5}]`.')] = ""
    minus: Annotated[str, Field(description="The same, of what is not wanted.")] = ""


class Batch(Strict):
    """Several searches at once."""

    queries: Annotated[list[Question], Field(min_length=1, max_length=MOST_BATCH)]


class Pair(Strict):
    """Two pictures to be compared; `region` is a part of the first."""

    image: Named
    other: Named
    region: Region | None = None


class Sides(Strict):
    """The text fields beside the files of two pictures to be compared."""

    image_id: Id | None = None
    image_url: Url | None = None
    other_id: Id | None = None
    other_url: Url | None = None
    region: Region | None = None

    @model_validator(mode="after")
    def _one_each(self) -> Self:
        if None not in (self.image_id, self.image_url) or None not in (self.other_id, self.other_url):
            raise ValueError("give either an id or a URL of a picture")
        return self


class Listing(Strict):
    """Which pictures, in which order."""

    sort: Order = "newest"
    filter: FilterText | None = None


class Page(Listing):
    """A page of them, from where the last one ended."""

    limit: Annotated[int, Field(ge=1, le=MOST_RESULTS)] = 100
    cursor: Annotated[str, Field(max_length=200)] | None = None


class Ids(Strict):
    """Pictures of the collection."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_IDS)]


class ByUrl(Strict):
    """A picture to be added from another machine, or several, as a job."""

    model_config = either("url", "urls")

    url: Url | None = None
    urls: Annotated[list[Url], Field(min_length=1, max_length=1000)] | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.url is None) == (self.urls is None):
            raise ValueError("give either url or urls")
        return self


class Name(Strict):
    """What a file is called."""

    name: Annotated[str, Field(max_length=5000, description="What the file is called.")] = ""


class Upload(Name):
    """What stands beside an uploaded file."""

    metadata: Annotated[str, Field(description='A JSON object of at most 16 KiB, such as `{"year": 2012}`.')] = ""


class Thumbnail(Strict):
    """How large."""

    size: Annotated[Side, BeforeValidator(_whole, json_schema_input_type=Side)] = 256


class NewJob(Strict):
    """Long work that can be asked for."""

    kind: Literal["rescan", "rebuild"]


class SpaceChange(Strict):
    """What is to become of the space of an encoder; `new` is the one that replaces it."""

    action: Literal["add", "replace", "renew", "drop"]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    new: Annotated[str, Field(max_length=200)] = ""


class After(Strict):
    """From where on."""

    after: Annotated[int, Field(ge=0, le=1 << 31)] = 0


_Model = TypeVar("_Model", bound=BaseModel)


def from_json(model: type[_Model], members: Mapping[str, Any]) -> _Model:
    """The members of a JSON object, every one of the type it has to be.

    Raises:
        UsageError: one is unknown, missing, or does not fit; the message names it.
    """
    try:
        return model.model_validate_json(json.dumps(members), strict=True)
    except ValidationError as error:
        raise unfit(model, error) from error


def from_text(model: type[_Model], fields: Mapping[str, str]) -> _Model:
    """The same of text, as forms and addresses carry it.

    Raises:
        UsageError: one is unknown, missing, or does not fit.
    """
    try:
        return model.model_validate_strings(fields)
    except ValidationError as error:
        raise unfit(model, error) from error
