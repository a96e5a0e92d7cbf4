/** The WebAssembly module, translated by the build. */
declare module "interface" {
  export function instantiate(imports: object): unknown;
}
