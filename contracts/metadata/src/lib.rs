//! Prints the metadata that ink! generates for the one contract which is linked into the program.

use contract_common::Layout;
use serde_json::{json, Value};

extern "Rust" {
    /// Defined by each contract that is built for the host. A program can hold one contract only, so each has its own.
    fn __ink_generate_metadata() -> ink::metadata::InkProject;
}

/// Writes the metadata of the linked contract to standard output, as JSON, with its layout beside what ink! has: whoever
/// deploys sees from it whether this code can take over a contract that is there.
pub fn print(layout: Layout) {
    // SAFETY: the contract that the calling program links defines this function with this signature.
    let project = unsafe { __ink_generate_metadata() };
    let mut metadata = serde_json::to_value(&project).expect("ink's metadata can be written as JSON");
    let accepts: Vec<Value> = layout.accepts.iter().map(hexadecimal).collect();
    metadata["layout"] = json!({ "digest": hexadecimal(&layout.digest), "accepts": accepts });
    println!("{metadata}");
}

fn hexadecimal(digest: &[u8; 32]) -> Value {
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Value::String(format!("0x{digits}"))
}
