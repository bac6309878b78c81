//! Only a network gatekeeper may change anything through a contract. The runtime refuses others before a contract runs;
//! each message asks again, because another contract could stand between the two.

use crate::Refusal;
use ink::{
    env::{chain_extension::ChainExtensionMethod, DefaultEnvironment},
    primitives::AccountId,
};

/// The runtime's extension for contracts.
pub const EXTENSION_ID: u16 = 0x4c47;

/// Its function that says whether an account may call the contracts of the infrastructure.
pub const MAY_CALL: u16 = 1;

/// The caller, if it is a gatekeeper in good standing or a registered contract. Every message that changes anything
/// begins with this.
///
/// Fails with `NotAGatekeeper`.
pub fn gatekeeper() -> Result<AccountId, Refusal> {
    let caller = ink::env::caller::<DefaultEnvironment>();
    if may_call(&caller) {
        Ok(caller)
    } else {
        Err(Refusal::NotAGatekeeper)
    }
}

/// Asks the runtime whether an account is a gatekeeper in good standing or a registered contract.
pub fn may_call(account: &AccountId) -> bool {
    ChainExtensionMethod::build((EXTENSION_ID as u32) << 16 | MAY_CALL as u32)
        .input::<AccountId>()
        .output::<bool, false>()
        .ignore_error_code()
        .call(account)
}
