/** Its types stand where only `exports` says, which the project's module resolution does not read. */
declare module "node-pg-migrate" {
  export * from "node-pg-migrate/dist/bundle/index";
}
