export const system = "You are helpful";
