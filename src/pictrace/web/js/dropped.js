/** Files that were dropped or chosen, folders walked through, and what in them is no picture left out. */

const PICTURES = /\.(avif|bmp|dib|gif|heic|heif|hif|icns|ico|j2k|jfif|jp2|jpe|jpeg|jpg|jpx|jxl|mpo|pbm|pgm|png|pnm|ppm|psd|qoi|tga|tif|tiff|webp|zip)$/i;
const STEP = 200;

/** Whether a file of a folder is worth sending. Files that somebody chose one by one are never asked. @param {File} file */
export const isPicture = (file) => !file.name.startsWith("._") && (file.type.startsWith("image/") || PICTURES.test(file.name));

/** Whether something that is dragged holds files. @param {DragEvent} event */
export const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

/**
 * Hands over what was dropped, folders' files in steps as they are found.
 *
 * @param {DataTransfer} transfer
 * @param {(files: File[], left: number) => void} take  some files, and how many were left out beside them
 */
export async function readDropped(transfer, take) {
  // The entries are there only until the event is over; walking through them may take longer.
  const entries = [...transfer.items].filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const single = [];
  for (const entry of entries) {
    if (entry instanceof File) single.push(entry);
    else if (entry?.isFile) single.push(await fileOf(entry));
  }
  if (single.length) take(single.filter(Boolean), 0);
  for (const entry of entries) {
    if (entry?.isDirectory) await walk(entry, take);
  }
}

/** Hands over a chosen folder's files. @param {FileList} list @param {(files: File[], left: number) => void} take */
export function readFolder(list, take) {
  const files = [...list].filter(isPicture);
  take(files, list.length - files.length);
}

async function walk(folder, take) {
  const reader = folder.createReader();
  let files = [];
  let left = 0;
  const hand = () => {
    if (files.length || left) take(files, left);
    files = [];
    left = 0;
  };
  for (let some = await entriesOf(reader); some.length; some = await entriesOf(reader)) {
    for (const entry of some) {
      if (entry.isDirectory) await walk(entry, take);
      else {
        const file = await fileOf(entry);
        if (file && isPicture(file)) files.push(file);
        else left += 1;
      }
      if (files.length >= STEP) hand();
    }
  }
  hand();
}

const entriesOf = (reader) => new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));

function fileOf(entry) {
  return new Promise((resolve) => entry.file((file) => {
    // The way to it says more than its name; what a chosen folder's files have by themselves.
    file.path = entry.fullPath.replace(/^\//, "");
    resolve(file);
  }, () => resolve(null)));
}
