/**
 * The shapes of what comes over the wire, as types for the checker and the reader; no code.
 * The server's Structs (server/client_messages.py, server/server_messages.py, calc/build.py, calc/operations.py) are their source.
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
 * @typedef {object} Limits  of a person; some of what the server tells
 * @property {number} edits_per_second
 * @property {number} edits_burst
 * @property {number} operations_per_second
 * @property {number} operations_burst
 * @property {number} said_per_second
 * @property {number} said_burst
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
 * @property {Limits} limits
 * @property {string} [token]
 * @property {number} [number]  how many are here, for viewers
 * @property {boolean} [locked]
 * @property {boolean} [editors_go_back]
 *
 * @typedef {object} Snapshot
 * @property {"snapshot"} type
 * @property {string} epoch
 * @property {number} revision
 * @property {string} [edit]
 * @property {number} [at]  when that edit was decided
 * @property {Build} build
 * @property {Record<string, Total>} totals
 * @property {Finding[]} findings
 * @property {Member[]} people
 * @property {Proposal[]} [proposals]  the open ones; absent: each follows
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
 * @property {string} [proposed_by]  whose proposal it was
 * @property {number} [restores]  the revision whose build it brings back
 * @property {{person: string, edits: string[]}} [undoes_work]  whose edits it takes back
 *
 * @typedef {object} Accepted  of an undo also what others have changed since, and what could not be undone
 * @property {"accepted"} type
 * @property {string} id
 * @property {number} revision
 * @property {string} [undoes]  the edit that was taken back
 * @property {string} [redoes]  the edit that was made again
 * @property {{place: string, by: string, message: string}[]} [kept]
 * @property {{edit: string, message: string}[]} [passed_over]
 *
 * @typedef {{type: "refused", id?: string, code: string, message: string, operation?: number, rule?: string, path?: string, retry_after?: number, passed_over?: {edit: string, message: string}[]}} Refused
 * @typedef {object} Update  to viewers: several changes as one
 * @property {"update"} type
 * @property {number} from
 * @property {number} revision
 * @property {string} edit
 * @property {number} [at]  when that edit was decided
 * @property {any} patch
 * @property {Record<string, Total>} totals
 * @property {Finding[]} [findings]
 *
 * @typedef {{type: "people", joined?: Member[], left?: string[], changed?: Member[], number?: number}} People
 * @typedef {{type: "about", title: string, locked: boolean, members: Member[], editors_go_back?: boolean}} About
 * @typedef {{type: "status", degraded: boolean, reason?: string}} Status
 * @typedef {{type: "reset", reason: string}} Reset
 * @typedef {{type: "goodbye", reason: string, retry_after?: number}} Goodbye
 * @typedef {{type: "pong", id: string}} Pong
 * @typedef {{type: "said", number: number, by: string, name: string, text: string, at: number, id?: string}} Said
 * @typedef {{person: string, power?: string, slot?: string, picker?: string, dragging?: boolean}} Attention
 * @typedef {{type: "focused", people: Attention[]}} Focused
 * @typedef {{type: "previewed", id: string, revision: number, totals: Record<string, Total>, findings?: Finding[], resolved?: Finding[]}} Previewed
 * @typedef {{type: "explained", id: string, revision: number, explanation: Explanation}} Explained
 *
 * @typedef {{type: "inspected", id: string, revision: number, figures: Figures}} Inspected
 * @typedef {{attribute: string, aspect: string, on: string, magnitude: number, before: number, duration_s?: number | null, chance?: number, ticks?: number, period_s?: number, via?: string}} EffectFigure
 * @typedef {{slot: string, enhancement: string, chance: number, damage?: number, on?: boolean}} ProcFigure
 * @typedef {{power: string, before?: Record<string, number>, after?: Record<string, number>, effects?: EffectFigure[]}} PetPowerFigures
 * @typedef {{name: string, count?: number, powers?: PetPowerFigures[]}} PetFigures
 * @typedef {{power: string, before?: Record<string, number>, after?: Record<string, number>, effects?: EffectFigure[], procs?: ProcFigure[], pets?: PetFigures[]}} Figures
 *
 * @typedef {object} Proposal
 * @property {"proposal"} type
 * @property {string} id
 * @property {string} by
 * @property {string} title
 * @property {Operation[]} operations
 * @property {Record<string, Total>} totals  those that would be others
 * @property {"open" | "accepted" | "declined" | "withdrawn"} state
 * @property {number} at
 * @property {string} [problem]  why it cannot be made as the build is now
 *
 * @typedef {object} Explanation
 * @property {string} stat
 * @property {number} value
 * @property {number} capped
 * @property {Item[]} items  their values add up to the value
 * @property {number} [cut]
 * @property {string} [formula]
 * @property {Record<string, Total>} [inputs]
 *
 * @typedef {object} Item  one contribution, or one that does not count
 * @property {string} kind
 * @property {number} value
 * @property {string} [id]
 * @property {string} [power]
 * @property {string} [boost_set]
 * @property {number} [pieces]
 * @property {number} [times]
 * @property {{attribute: string, slotted: number, after_ed: number, strength: number}} [enhancing]
 * @property {string} [when]
 * @property {number} [lost]
 * @property {string} [why]
 *
 * @typedef {Welcome | Snapshot | Change | Update | Accepted | Refused | Said | Focused | Previewed | Explained | Inspected | Proposal | About
 *   | People | Status | Reset | Goodbye | Pong} ServerMessage
 */

export {};
