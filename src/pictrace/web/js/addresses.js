/** The addresses of a text, each once, and the lines that are none. @param {string} text */
export function parse(text) {
  const isGood = (part) => /^https?:\/\/[^/\s]+/i.test(part) && URL.canParse(part);
  const good = new Set();
  const bad = new Set();
  for (const line of text.split("\n").map((one) => one.trim()).filter(Boolean)) {
    const parts = line.split(/\s+/);
    if (parts.every(isGood)) parts.forEach((part) => good.add(part));
    else bad.add(line);
  }
  return { good: [...good], bad: [...bad] };
}
