"""HEAD, answered as GET would be, without the body."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Head:
    """An application whose routes for GET answer HEAD too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the life of the application."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def bare(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        scope["state"]["is_head"] = True
        await self._app({**scope, "method": "GET"}, receive, bare)


def is_head(request: Request) -> bool:
    """Whether nobody will read the body of the answer."""
    return bool(getattr(request.state, "is_head", False))
