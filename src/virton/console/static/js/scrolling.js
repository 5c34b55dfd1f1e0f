/** Boxes that scroll sideways can be reached by keyboard, and only while they do scroll. */

/** Watch every scrolling box below an element. */
export function watchScrolling(root) {
  for (const box of root.querySelectorAll(".table-frame, .pick, .lab-body")) sizes.observe(box);
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const scrolls = target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1;
    if (scrolls) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
