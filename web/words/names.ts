/** What resources and guests are called: "VM 102 (web02)" in every sentence, title and label. */

import { guestOf } from "../core/store.js";

/** VM or CT. */
export function typeName(type: string): string {
  return type === "ct" ? "CT" : "VM";
}

/** A resource's or guest's name, without the guest's own where nobody knows it. */
export function resourceName({ sid, name }: { sid: string; name?: string | null }): string {
  const [type = "", vmid] = sid.split(":");
  const id = vmid ? `${typeName(type)} ${vmid}` : sid;
  return name ? `${id} (${name})` : id;
}

/** The same, of what only its id is known of. */
export function nameOf(sid: string): string {
  return resourceName(guestOf(sid) ?? { sid });
}

/** A guest's name, with what it was called when it was there, where it is there no more. */
export function nameThen(sid: string, called: string | null | undefined): string {
  return guestOf(sid) ? nameOf(sid) : resourceName({ sid, name: called ?? null });
}
