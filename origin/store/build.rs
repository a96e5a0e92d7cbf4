//! Migrations are compiled in, so a new one must recompile the crate.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
