// What is enough to see that a module exports no runtime.

export * from "./strings";
export * from "./numbers";
export * from "./functions";
