/**
 * The shapes of what comes over the wire, as types for the checker and the reader; no code.
 * The server's Structs (server/protocol.py, calc/build.py, calc/operations.py) are their source.
 *
 * @typedef {{id: string, level?: number, boosters?: number, relative?: number, proc?: boolean}} SlottedEnhancement
 * @typedef {{level?: number, enhancement?: SlottedEnhancement}} Slot
 * @typedef {{level?: number, on?: boolean, count?: number, slots?: Record<string, Slot>}} TakenPower
 * @typedef {{primary?: string, secondary?: string, epic?: string, pools?: Record<string, boolean>}} Powersets
 * @typedef {object} Build  a default is never written: absent is "not chosen"
 * @property {number} format
 * @property {string} [title]
 * @property {string} [archetype]
 * @property {string} [origin]
 * @property {number} [level]
 * @property {Powersets} [powersets]
 * @property {Record<string, TakenPower>} [powers]
 * @property {Record<string, string>} [incarnates]  a power by slot
 * @property {Record<string, boolean>} [accolades]
 * @property {string} [scenario]  absent: "solo"
 * @property {Record<string, {title?: string, [condition: string]: any}>} [scenarios]
 * @property {string} [notes]
 *
 * @typedef {{type: string, power?: string, slot?: string, level?: number, [field: string]: any}} Operation
 *
 * @typedef {{value: number, capped: number}} Total
 * @typedef {{code: string, rule: string, message: string, remedy?: string, power?: string, slot?: string}} Finding
 * @typedef {{person: string, name: string, role: string, connections?: number}} Member
 *
 * @typedef {object} Welcome
 * @property {"welcome"} type
 * @property {string} session
 * @property {string} person
 * @property {string} name
 * @property {string} role
 * @property {string} epoch
 * @property {number} revision
 * @property {"changes" | "nothing" | "snapshot"} resumed
 * @property {Member[]} members
 * @property {Member[]} people
 * @property {{release: string, hash: string}} catalogue
 * @property {string} [token]
 * @property {number} [number]  how many are here, for viewers
 *
 * @typedef {object} Snapshot
 * @property {"snapshot"} type
 * @property {string} epoch
 * @property {number} revision
 * @property {string} [edit]
 * @property {Build} build
 * @property {Record<string, Total>} totals
 * @property {Finding[]} findings
 * @property {Member[]} people
 *
 * @typedef {object} Change
 * @property {"change"} type
 * @property {number} revision
 * @property {string} edit
 * @property {number} at
 * @property {string} [by]
 * @property {Operation[]} operations
 * @property {any} patch
 * @property {Record<string, Total>} totals
 * @property {Finding[]} [findings]
 * @property {string} [undoes]  the id of the edit that it takes back
 * @property {string} [redoes]  the id of the edit that it makes again
 *
 * @typedef {object} Accepted  of an undo also what others have changed since, and what could not be undone
 * @property {"accepted"} type
 * @property {string} id
 * @property {number} revision
 * @property {{place: string, by: string, message: string}[]} [kept]
 * @property {{edit: string, message: string}[]} [passed_over]
 *
 * @typedef {{type: "refused", id?: string, code: string, message: string, operation?: number, rule?: string, path?: string, retry_after?: number}} Refused
 * @typedef {object} Update  to viewers: several changes as one
 * @property {"update"} type
 * @property {number} from
 * @property {number} revision
 * @property {string} edit
 * @property {any} patch
 * @property {Record<string, Total>} totals
 * @property {Finding[]} [findings]
 *
 * @typedef {{type: "people", joined?: Member[], left?: string[], changed?: Member[], number?: number}} People
 * @typedef {{type: "status", degraded: boolean, reason?: string}} Status
 * @typedef {{type: "reset", reason: string}} Reset
 * @typedef {{type: "goodbye", reason: string, retry_after: number}} Goodbye
 * @typedef {{type: "pong", id: string}} Pong
 * @typedef {Welcome | Snapshot | Change | Update | Accepted | Refused | People | Status | Reset | Goodbye | Pong} ServerMessage
 */

export {};
