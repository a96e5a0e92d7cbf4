// Numbers that cross to and from the WebAssembly module; counted as in src/glue.rs and src/host.rs.

export const enum Event_ {
  Second,
  Expiry,
  Stale,
  Interaction,
  Execute,
  Reset,
  Click,
  Online,
  Pictured,
  Close,
  Answer,
  Another,
  Way,
}

export const enum Request_ {
  Challenge,
  Solution,
  WantWork,
  Answer,
  Images,
  Search,
}

export const enum View_ {
  Closed,
  Asked,
  Unsent,
  Answering,
  Working,
  Wrong,
  Stale,
  Offline,
  Busy,
}
