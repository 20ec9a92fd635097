"use strict";
// What the page knows: the index of all questions, and the chunks that hold what each of them says. Texts of the data go into
// the page by `make` only, as text.

const find = (selector, within = document) => within.querySelector(selector);

/** An element. Attributes of value null or false are left out; children are elements, texts and nothing. */
function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const plural = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** A drop in thousandths, rounded down as the index has it: 0.7 to 0.5 is a drop of 0.2, whatever binary makes of it. */
const thousandths = (before, after) => Math.floor(1000 * (before - after + 1e-9));

/** The questions: columns of the index, and what the chunks hold. */
function openQuestions() {
  const MOST_UNPACKED = 8;
  const index = JSON.parse(find("#view-index").textContent);
  const waiting = new Map();
  const unpacked = new Map();
  let categories = [];
  let texts;

  index.categories.forEach((category, place) => {
    for (let count = 0; count < category.questions; count += 1) categories.push(place);
  });
  categories = Uint16Array.from(categories);

  // The files of chunks call this.
  globalThis.touchstoneChunk = (name, text) => waiting.get(name)?.(text);

  function fromFile(name) {
    return new Promise((resolve, reject) => {
      const script = make("script", { src: `${index.folder}/${name}.js` });
      const end = (then) => { waiting.delete(name); script.remove(); then?.(); };
      waiting.set(name, (text) => end(() => resolve(text)));
      script.onerror = () => end(() => reject(new Error(`${index.folder}/${name}.js cannot be read. Is the folder beside this page?`)));
      document.head.append(script);
    });
  }
  async function unpack(name) {
    const text = index.folder ? await fromFile(name) : find(`#view-${name}`).textContent;
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }
  /** The items of a chunk. The chunks that were asked for last stay unpacked. */
  function chunk(name) {
    const known = unpacked.get(name) ?? unpack(name);
    unpacked.delete(name);
    unpacked.set(name, known);
    known.catch(() => unpacked.delete(name));
    if (unpacked.size > MOST_UNPACKED) unpacked.delete(unpacked.keys().next().value);
    return known;
  }
  /** The chunk that holds an item: the last that begins no later. */
  function holder(chunks, place) {
    let [low, high] = [0, chunks.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (chunks[middle].first <= place) low = middle; else high = middle - 1;
    }
    return chunks[low];
  }
  async function allTexts() {
    const all = [];
    for (const { name } of index.text_chunks) {
      for (const text of await unpack(name)) all.push(text.toLowerCase());
    }
    return all;
  }

  return {
    index,
    count: index.ids.length,
    categoryOf: (place) => index.categories[categories[place]],
    isIn: (place, category) => categories[place] === category,
    /** What there is of a question, when it is unpacked. */
    async read(place) {
      const { name, first } = holder(index.question_chunks, place);
      return (await chunk(name))[place - first];
    },
    /** The whole texts in lower case, read when they are searched for the first time. */
    texts() {
      texts ??= allTexts();
      texts.catch(() => { texts = undefined; });
      return texts;
    },
    /** The address of a question in this page, and back. */
    address: (place) => `#${encodeURIComponent(index.categories[categories[place]].name)}/${encodeURIComponent(index.ids[place])}`,
    find(address) {
      const [category, id] = address.replace(/^#/, "").split("/").map((part) => { try { return decodeURIComponent(part); } catch { return part; } });
      if (id === undefined) return -1;
      let start = 0;
      for (const known of index.categories) {
        if (known.name === category) {
          const place = index.ids.indexOf(id, start);
          return place < start + known.questions ? place : -1;
        }
        start += known.questions;
      }
      return -1;
    },
  };
}
