// What tests ask a page: `checks.<name>()`, put into every page before it loads.
window.checks = (() => {
  const parts = (text) => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
  };

  // Relative luminance as WCAG 2 defines it: 0 is black, 1 is white.
  const luminance = (rgb) =>
    rgb
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);

  const ground = (element = document.body) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.alpha === 1) return luminance(colour.rgb);
    }
    return 1;
  };

  // Texts with less contrast than WCAG AA asks of small text.
  const faint = () => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || !element.getClientRects().length) continue;
      const style = getComputedStyle(element);
      const colour = luminance(parts(element instanceof SVGElement ? style.fill : style.color).rgb);
      const behind = ground(element);
      const contrast = (Math.max(colour, behind) + 0.05) / (Math.min(colour, behind) + 0.05);
      if (contrast < 4.5) found.push([node.data.trim().slice(0, 40), contrast]);
    }
    return found;
  };

  // Elements that reach beyond the window and do not stand in a box that scrolls.
  const outside = () =>
    [...document.querySelectorAll("body *")]
      .filter((element) => !element.closest(".scroll"))
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map((element) => element.outerHTML.slice(0, 80));

  const isWithin = (inner, outer) =>
    inner.left >= outer.left - 1 &&
    inner.right <= outer.right + 1 &&
    inner.top >= outer.top - 1 &&
    inner.bottom <= outer.bottom + 1;

  // Line boxes are taller than letters: they may touch.
  const overlap = (one, other) =>
    one.right > other.left + 1 && other.right > one.left + 1 && one.bottom > other.top + 2 && other.bottom > one.top + 2;

  const chart = (svg) => {
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim());
    const boxes = texts.map((text) => [text.textContent, text.getBoundingClientRect()]);
    const bars = [...svg.querySelectorAll(".bar rect")].map((bar) => bar.getBoundingClientRect());
    return {
      name: svg.classList[1],
      width: box.width,
      bars: bars.filter((bar) => bar.width > 0 && bar.height > 0).length,
      clipped: boxes.filter(([, inner]) => !isWithin(inner, box)).map(([text]) => text),
      overlapping: boxes.flatMap(([text, one], place) =>
        boxes.slice(place + 1).filter(([, other]) => overlap(one, other)).map(([other]) => [text, other]),
      ),
      smallestLetters: Math.min(...texts.map((text) => parseFloat(getComputedStyle(text).fontSize) * scale)),
    };
  };

  return { ground, faint, outside, charts: () => [...document.querySelectorAll("figure svg")].map(chart) };
})();
