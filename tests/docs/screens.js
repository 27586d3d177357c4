// What doesn't fit on the screen that this runs on: one line each.
const wide = document.documentElement.clientWidth;
const problems = [];
const name = (element) => {
  const words = (element.textContent || element.getAttribute("src") || "").trim().replace(/\s+/g, " ").slice(0, 40);
  return `<${element.tagName.toLowerCase()}> “${words}”`;
};

if (document.documentElement.scrollWidth > wide) {
  problems.push(`the page is ${document.documentElement.scrollWidth} px wide`);
}
// What scrolls in its own box may be as wide as it likes, if that box is on the screen.
const scrolls = (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
const look = (element) => {
  const box = element.getBoundingClientRect();
  if (box.width && box.height && (box.right > wide + 1 || box.left < -1)) {
    problems.push(`${name(element)} reaches from ${Math.round(box.left)} to ${Math.round(box.right)} px`);
  } else if (!scrolls(element)) {
    for (const child of element.children) look(child);
  }
};
for (const content of document.querySelectorAll(".md-content")) look(content);
for (const element of document.querySelectorAll(".md-content *")) {
  const style = getComputedStyle(element);
  if (element.scrollWidth > element.clientWidth + 1 && style.overflowX === "hidden" && element.clientWidth > 1) {
    problems.push(`${name(element)} is cut off: ${element.scrollWidth} px in ${element.clientWidth}`);
  }
  // Code is 80 letters wide at most, which fits a column where there is room for one.
  if (wide > 1000 && element.matches("pre > code") && element.scrollWidth > element.clientWidth + 1) {
    problems.push(`${name(element)} has to be scrolled`);
  }
  if (element.tagName === "IMG") {
    const scale = element.clientWidth / element.naturalWidth;
    if (!element.naturalWidth) problems.push(`${name(element)} isn't shown`);
    else if (element.src.includes("/diagrams/") && scale * 16 < 11) problems.push(`${name(element)} has small letters`);
  }
}
const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
return { problems, light: red + green + blue > 3 * 128 };
