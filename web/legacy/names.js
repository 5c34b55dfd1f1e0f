/** What resources and guests are called: "VM 102 (web02)" in every sentence, title and label. */

import { guestOf } from "./store.js";

/** VM or CT. */
export function typeName(type) {
  return type === "ct" ? "CT" : "VM";
}

/** A resource's or guest's name, without the guest's own where nobody knows it. */
export function resourceName({ sid, name }) {
  const [type, vmid] = sid.split(":");
  const id = vmid ? `${typeName(type)} ${vmid}` : sid;
  return name ? `${id} (${name})` : id;
}

/** The same, of what only its id is known of. */
export function nameOf(sid) {
  return resourceName(guestOf(sid) ?? { sid });
}
