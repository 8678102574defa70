/** Ids of what the hand-over consists of. */
export const handOverId = "HandOver";
export const handOverTable = "HandOverTable";
export const handOverRole = "HandOverRole";
export const handOverLogs = "HandOverLogs";
