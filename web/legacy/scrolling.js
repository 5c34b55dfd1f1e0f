/** Boxes that scroll sideways can be reached by keyboard, and only while they do scroll. */

/** Watch every scrolling box below an element. */
export function watchScrolling(root) {
  for (const box of root.querySelectorAll(BOXES)) {
    sizes.observe(box);
    for (const content of box.children) sizes.observe(content);
  }
}

const BOXES = ".table-frame, .pick, .lab-body";

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    judge(target.matches(BOXES) ? target : target.parentElement);
    if (target.parentElement?.matches(BOXES)) judge(target.parentElement);
  }
});

function judge(box) {
  const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
  if (scrolls) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
}
