"use strict";
for (const panel of document.querySelectorAll(".p2")) {
  const picture = panel.querySelector("svg");
  const slider = panel.querySelector(".wipe");
  const veil = picture.querySelector(".veil");
  const seams = picture.querySelectorAll(".seam");
  const width = picture.viewBox.baseVal.width;
  const show = (share) => {
    const x = Math.min(1, Math.max(0, share)) * width;
    veil.setAttribute("width", x);
    for (const seam of seams) { seam.setAttribute("x1", x); seam.setAttribute("x2", x); }
  };
  const follow = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
    slider.value = 100 * at.x / width;
    show(at.x / width);
  };
  slider.hidden = false;
  slider.addEventListener("input", () => show(slider.value / 100));
  picture.addEventListener("pointerdown", (event) => { picture.setPointerCapture(event.pointerId); follow(event); });
  picture.addEventListener("pointermove", (event) => { if (event.buttons || event.pointerType === "mouse") follow(event); });
}
