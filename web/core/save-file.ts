/** Saving a file: the browser puts it where downloads go. */

/** Have the browser save a file under a name. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser reads the address when it begins to save, which is after this.
  setTimeout(() => URL.revokeObjectURL(link.href));
}
