// The lowest contrast of any text on the page to what is behind it, as WCAG 2 computes it.
const numbers = (color) => color.match(/[\d.]+/g).map(Number);
const luminance = (color) => {
  const [red, green, blue] = numbers(color).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const behind = (node) => {
  for (let at = node; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    const [, , , alpha] = numbers(color);
    if (alpha === undefined || alpha > 0) return color;
  }
  return "rgb(255, 255, 255)";
};
let lowest = { ratio: 21 };
for (const node of document.body.querySelectorAll("*")) {
  const hasText = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
  if (!hasText || !node.checkVisibility()) continue;
  const lights = [getComputedStyle(node).color, behind(node)].map(luminance).sort((one, other) => other - one);
  const ratio = (lights[0] + 0.05) / (lights[1] + 0.05);
  if (ratio < lowest.ratio) lowest = { ratio, text: node.textContent.trim().slice(0, 60) };
}
return lowest;
