import { pureTable, stepsTable } from "./pure";

console.log(pureTable([1000, 5000, 20000]).join("\n"), "\n");
console.log(stepsTable([8, 16, 40]).join("\n"));
