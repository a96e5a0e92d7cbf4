// The pages behind /errors/<code>: what a code means for people who filled in a form, who built it,
// and who run the service. The edge chooses the language and sends them with a policy without
// scripts.

const STYLE = `:root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;\
margin:3rem auto;padding:0 1.25rem}h1{font-size:1.5rem;line-height:1.25;margin:0}\
h2{font-size:1rem;margin:2rem 0 .25rem}p{margin:0}code{font-family:ui-monospace,monospace;font-size:.9em}\
.code{opacity:.75;margin-bottom:.5rem}`;

const HEADINGS = {
  en: ["If you filled in a form", "If you built it", "If you run it"],
  ko: ["양식을 작성하던 분께", "양식을 만든 분께", "서비스를 운영하는 분께"],
};

/** The languages of the pages. */
export const LANGUAGES = Object.keys(HEADINGS);

const escape = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Every second part between backquotes is code. */
const marked = (text) =>
  escape(text)
    .split("`")
    .map((part, index) => (index % 2 ? `<code>${part}</code>` : part))
    .join("");

/**
 * The paragraphs of a text file: code, title, and a line for each reader.
 * @param {string} text
 * @returns {{code: string, title: string, readers: string[]}[]}
 */
export function paragraphs(text) {
  return text
    .trim()
    .split(/\n\n+/)
    .map((paragraph) => {
      const [code, title, ...readers] = paragraph.split("\n");
      if (!/^[a-z-]+$/.test(code) || readers.length != 3 || readers.some((line) => !line))
        throw new Error(`errors: ${code} needs a title and three lines`);
      return { code, title, readers };
    });
}

/** One page. */
export function page(language, { code, title, readers }) {
  const parts = readers.map((text, index) => `<h2>${HEADINGS[language][index]}</h2><p>${marked(text)}</p>`);
  return `<!doctype html><html lang="${language}"><meta charset="utf-8">\
<meta name="viewport" content="width=device-width"><title>${escape(title)} · Munjigi</title>\
<style>${STYLE}</style><main><p class="code"><code>${code}</code></p><h1>${escape(title)}</h1>${parts.join("")}</main></html>`;
}
