// What is wrong with a diagram that D2 drew, which this runs in: one line each. It is looked at in its own size.
const problems = [];
const name = (element) => `“${element.textContent.trim().replace(/\s+/g, " ").slice(0, 40)}”`;
const outside = (inner, outer) =>
  inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
const picture = document.documentElement.getBoundingClientRect();

// A text has an element of its own, or a block of HTML whose lines may be longer than it.
const extent = (text) => {
  const range = document.createRange();
  range.selectNodeContents(text);
  return range.getBoundingClientRect();
};
const texts = [...document.querySelectorAll("text, foreignObject")];
for (const text of texts) {
  const size = Math.min(...[text, ...text.querySelectorAll("*")].map((each) => parseFloat(getComputedStyle(each).fontSize)));
  if (size < 16) problems.push(`${name(text)} has letters of ${size} px`);
  const clipped = getComputedStyle(text).overflow !== "visible" && outside(extent(text), text.getBoundingClientRect());
  if (clipped || outside(extent(text), picture)) problems.push(`${name(text)} is cut off`);
  const box = text.closest("g:has(> .shape)")?.querySelector(":scope > .shape");
  if (box && outside(extent(text), box.getBoundingClientRect())) problems.push(`${name(text)} runs out of its box`);
}
if (!texts.length) problems.push("it says nothing");
const [red, green, blue] = getComputedStyle(document.querySelector("rect")).fill.match(/\d+/g).map(Number);
return { problems, light: red + green + blue > 3 * 128 };
