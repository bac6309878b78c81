//! Prints the metadata that ink! generates for the one contract which is linked into the program.

extern "Rust" {
    /// Defined by each contract that is built for the host. A program can hold one contract only, so each has its own.
    fn __ink_generate_metadata() -> ink::metadata::InkProject;
}

/// Writes the metadata of the linked contract to standard output, as JSON.
pub fn print() {
    // SAFETY: the contract that the calling program links defines this function with this signature.
    let project = unsafe { __ink_generate_metadata() };
    println!("{}", serde_json::to_string(&project).expect("ink's metadata can be written as JSON"));
}
