//! # Operation contract (OSC)
//!
//! Which hosts belong to a region, and what they are asked to do. A host admits itself with what it measured; an
//! operator asks hosts for operations; a host claims each of its operations and reports how it ended. Whoever asks
//! gives a request id of its own, so that a call sent twice has one effect.
//!
//! Every message that changes anything fails with `NotAGatekeeper` for others than gatekeepers in good standing.
//!
//! While an admission template is set, admitting a host asks it, in the same call, to start a guest from the template:
//! by that it proves that it can do what it says.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod limits;
pub mod types;

#[cfg(test)]
mod tests;

#[ink::contract]
pub mod operation {
    use crate::{
        limits::*,
        types::{
            check_reason, check_template, Admission, Error, Member, Operation, OperationKind, OperationState, Outcome,
            Standing,
        },
    };
    use contract_common::{gatekeeper, page, Layout, RequestId, Role, Roles, Section};
    use ink::{
        prelude::{format, string::String, vec, vec::Vec},
        storage::Mapping,
    };

    /// Digest of this contract's storage layout; see [`contract_common::Layout`].
    pub const LAYOUT_DIGEST: [u8; 32] = [
        1, 107, 242, 215, 69, 136, 152, 240, 42, 131, 131, 91, 245, 131, 223, 237, 37, 120, 46, 95, 205, 32, 18, 37, 94,
        209, 253, 190, 240, 138, 58, 162,
    ];

    /// The layout before operations could be native commands: the same, with one kind of operation less.
    const WITHOUT_COMMANDS: [u8; 32] = [
        202, 177, 5, 74, 89, 128, 194, 248, 236, 238, 197, 9, 64, 206, 57, 36, 208, 23, 120, 108, 40, 174, 200, 64, 16,
        146, 174, 45, 67, 136, 51, 149,
    ];

    /// A host joined, came back, or described itself anew.
    #[ink(event)]
    pub struct HostAdmitted {
        #[ink(topic)]
        pub host: AccountId,
        pub request_id: RequestId,
        pub admission: Admission,
    }

    /// A host left by itself.
    #[ink(event)]
    pub struct HostLeft {
        #[ink(topic)]
        pub host: AccountId,
    }

    /// A host was excluded.
    #[ink(event)]
    pub struct HostExcluded {
        #[ink(topic)]
        pub host: AccountId,
        pub by: AccountId,
        pub reason: String,
    }

    /// A host is asked to do something.
    #[ink(event)]
    pub struct OperationRequested {
        #[ink(topic)]
        pub host: AccountId,
        #[ink(topic)]
        pub operation: u64,
        pub request_id: RequestId,
        pub kind: OperationKind,
        pub requested_by: AccountId,
        pub deadline: u32,
    }

    /// An operation may be claimed by its host.
    #[ink(event)]
    pub struct OperationApproved {
        #[ink(topic)]
        pub host: AccountId,
        #[ink(topic)]
        pub operation: u64,
    }

    /// A host is at an operation.
    #[ink(event)]
    pub struct OperationClaimed {
        #[ink(topic)]
        pub host: AccountId,
        #[ink(topic)]
        pub operation: u64,
    }

    /// A host reported how an operation ended.
    #[ink(event)]
    pub struct OperationCompleted {
        #[ink(topic)]
        pub host: AccountId,
        #[ink(topic)]
        pub operation: u64,
        pub outcome: Outcome,
    }

    /// An operation's deadline passed before it was done.
    #[ink(event)]
    pub struct OperationExpired {
        #[ink(topic)]
        pub host: AccountId,
        #[ink(topic)]
        pub operation: u64,
    }

    /// New hosts are asked to start a guest from this template, or, with `None`, aren't.
    #[ink(event)]
    pub struct AdmissionTemplateSet {
        pub template: Option<String>,
        pub by: AccountId,
    }

    #[ink(storage)]
    pub struct OperationContract {
        section: Section,
        roles: Roles,
        admission_template: Option<String>,
        member_count: u32,
        operation_count: u64,
        members: Mapping<AccountId, Member>,
        /// The hosts in the order in which they first joined.
        member_list: Mapping<u32, AccountId>,
        /// What each request of a host to be admitted asked for and was answered.
        admissions: Mapping<(AccountId, RequestId), Member>,
        operations: Mapping<u64, Operation>,
        /// The operation that each request led to.
        requests: Mapping<(AccountId, RequestId), u64>,
        /// Each host's operations in their order, and how many they are.
        operations_by_host: Mapping<(AccountId, u32), u64>,
        operation_counts: Mapping<AccountId, u32>,
        /// Each host's operations that are neither done nor failed nor expired, in their order.
        open: Mapping<AccountId, Vec<u64>>,
    }

    impl OperationContract {
        /// A region without hosts, administered by the caller.
        ///
        /// Fails with `InvalidSection`.
        #[ink(constructor)]
        pub fn new(section: Section) -> Result<Self, Error> {
            Ok(Self {
                section: section.checked()?,
                roles: Roles::new(Self::env().caller()),
                admission_template: None,
                member_count: 0,
                operation_count: 0,
                members: Mapping::default(),
                member_list: Mapping::default(),
                admissions: Mapping::default(),
                operations: Mapping::default(),
                requests: Mapping::default(),
                operations_by_host: Mapping::default(),
                operation_counts: Mapping::default(),
                open: Mapping::default(),
            })
        }

        /// The section that this contract acts for.
        #[ink(message)]
        pub fn section(&self) -> Section {
            self.section.clone()
        }

        // Hosts

        /// Admits the caller as a host. A host that left may come back, and one that is admitted may describe itself
        /// anew; the same request again has no second effect and gives the same answer. Emits `HostAdmitted`,
        /// and while a template is set `OperationRequested` and `OperationApproved`.
        ///
        /// Fails with `InvalidAdmission`, `Excluded`, `RequestConflict`, `TooManyOpenOperations` or `Overflow`.
        #[ink(message)]
        pub fn admit(&mut self, request_id: RequestId, admission: Admission) -> Result<Member, Error> {
            let host = gatekeeper()?;
            admission.check()?;
            let before = self.members.get(host);
            if before.as_ref().is_some_and(|member| member.standing == Standing::Excluded) {
                return Err(Error::Excluded);
            }
            if let Some(answered) = self.admissions.get((host, request_id)) {
                return if answered.admission == admission { Ok(answered) } else { Err(Error::RequestConflict) };
            }

            let now = self.env().block_number();
            let since = match &before {
                Some(member) if member.standing == Standing::Admitted => member.since,
                _ => now,
            };
            let member = Member { standing: Standing::Admitted, admission, since, changed: now };
            if before.is_none() {
                let position = self.member_count;
                self.member_count = position.checked_add(1).ok_or(Error::Overflow)?;
                self.member_list.insert(position, &host);
            }
            self.members.insert(host, &member);
            self.admissions.insert((host, request_id), &member);
            self.env().emit_event(HostAdmitted { host, request_id, admission: member.admission.clone() });
            self.ask_for_admission_guest(host, request_id)?;
            Ok(member)
        }

        /// The caller leaves the region. Leaving again changes nothing. Emits `HostLeft`.
        ///
        /// Fails with `NotAMember` or `Excluded`.
        #[ink(message)]
        pub fn leave(&mut self) -> Result<Member, Error> {
            let host = gatekeeper()?;
            let member = self.members.get(host).ok_or(Error::NotAMember)?;
            match member.standing {
                Standing::Excluded => Err(Error::Excluded),
                Standing::Left => Ok(member),
                Standing::Admitted => {
                    let member = self.set_standing(host, member, Standing::Left);
                    self.env().emit_event(HostLeft { host });
                    Ok(member)
                }
            }
        }

        /// Excludes a host for good. Only an operator may. Excluding again changes nothing. Emits
        /// `HostExcluded`.
        ///
        /// Fails with `NotAuthorized`, `InvalidReason` or `NotAMember`.
        #[ink(message)]
        pub fn exclude(&mut self, account: AccountId, reason: String) -> Result<Member, Error> {
            let by = self.operator()?;
            check_reason(&reason)?;
            let member = self.members.get(account).ok_or(Error::NotAMember)?;
            if member.standing == Standing::Excluded {
                return Ok(member);
            }
            let member = self.set_standing(account, member, Standing::Excluded);
            self.env().emit_event(HostExcluded { host: account, by, reason });
            Ok(member)
        }

        /// What is known of a host.
        #[ink(message)]
        pub fn member(&self, account: AccountId) -> Option<Member> {
            self.members.get(account)
        }

        /// The hosts from position `from` on, in the order in which they first joined, at most `limit` and never more
        /// than 64.
        #[ink(message)]
        pub fn members(&self, from: u32, limit: u32) -> Vec<(AccountId, Member)> {
            page(from, limit, MAX_PAGE, self.member_count)
                .filter_map(|position| self.member_list.get(position))
                .filter_map(|account| Some((account, self.members.get(account)?)))
                .collect()
        }

        /// The template that a new host is asked to start a guest from.
        #[ink(message)]
        pub fn admission_template(&self) -> Option<String> {
            self.admission_template.clone()
        }

        /// Sets the template, or with `None` stops asking. Only an operator may. Emits `AdmissionTemplateSet`.
        ///
        /// Fails with `NotAuthorized` or `InvalidTemplate`.
        #[ink(message)]
        pub fn set_admission_template(&mut self, template: Option<String>) -> Result<(), Error> {
            let by = self.operator()?;
            if let Some(template) = &template {
                check_template(template)?;
            }
            self.admission_template = template.clone();
            self.env().emit_event(AdmissionTemplateSet { template, by });
            Ok(())
        }

        // Operations

        /// Asks a host to do something within `deadline_blocks`. An operator may ask any admitted host, a host itself.
        /// Where it has as many open as it may, the oldest that it let pass without claiming it ends, and makes room.
        /// The same request again has no second effect. Emits `OperationRequested` and `OperationApproved`. Returns the
        /// operation's id.
        ///
        /// Fails with `NotAuthorized`, `InvalidName`, `InvalidTemplate`, `InvalidDeadline`, `RequestConflict`,
        /// `NotAdmitted`, `TooManyOpenOperations` or `Overflow`.
        #[ink(message)]
        pub fn request(
            &mut self,
            request_id: RequestId,
            host: AccountId,
            kind: OperationKind,
            deadline_blocks: u32,
        ) -> Result<u64, Error> {
            let by = gatekeeper()?;
            if by != host {
                self.roles.ensure_operator(by)?;
            }
            kind.check()?;
            if !(1..=MAX_DEADLINE_BLOCKS).contains(&deadline_blocks) {
                return Err(Error::InvalidDeadline);
            }
            if let Some(operation) = self.requests.get((by, request_id)).and_then(|id| self.operations.get(id)) {
                let same = operation.host == host && operation.kind == kind;
                return if same { Ok(operation.id) } else { Err(Error::RequestConflict) };
            }
            self.ensure_admitted(host)?;
            let id = self.open_operation(request_id, host, kind, by, deadline_blocks)?;
            self.requests.insert((by, request_id), &id);
            Ok(id)
        }

        /// The caller takes on an operation that it is asked to do. Claiming it again changes nothing. Emits
        /// `OperationClaimed`.
        ///
        /// Fails with `OperationNotFound`, `NotYourOperation`, `NotAdmitted`, `WrongState` or `DeadlinePassed`.
        #[ink(message)]
        pub fn claim(&mut self, id: u64) -> Result<Operation, Error> {
            let mut operation = self.own_operation(id)?;
            self.ensure_admitted(operation.host)?;
            match operation.state {
                OperationState::Claimed => return Ok(operation),
                OperationState::Approved => {}
                state => return Err(Error::WrongState { state }),
            }
            if self.env().block_number() >= operation.deadline {
                return Err(Error::DeadlinePassed);
            }
            operation.state = OperationState::Claimed;
            self.operations.insert(id, &operation);
            self.env().emit_event(OperationClaimed { host: operation.host, operation: id });
            Ok(operation)
        }

        /// The host that claimed an operation reports how it ended. A late report counts as long as the operation isn't
        /// expired, and from a host that left or was excluded, too. The same report again changes
        /// nothing. Emits `OperationCompleted`.
        ///
        /// Fails with `OperationNotFound`, `NotYourOperation`, `InvalidReason` or `WrongState`.
        #[ink(message)]
        pub fn complete(&mut self, id: u64, outcome: Outcome) -> Result<Operation, Error> {
            let mut operation = self.own_operation(id)?;
            outcome.check()?;
            if operation.outcome.as_ref() == Some(&outcome) {
                return Ok(operation);
            }
            if operation.state != OperationState::Claimed {
                return Err(Error::WrongState { state: operation.state });
            }
            operation.state = outcome.state();
            operation.outcome = Some(outcome.clone());
            self.close_operation(&operation);
            self.env().emit_event(OperationCompleted { host: operation.host, operation: id, outcome });
            Ok(operation)
        }

        /// Ends an operation whose deadline has passed. Any gatekeeper may. Expiring it again changes nothing. Emits
        /// `OperationExpired`.
        ///
        /// Fails with `OperationNotFound`, `WrongState` or `DeadlineNotPassed`.
        #[ink(message)]
        pub fn expire(&mut self, id: u64) -> Result<Operation, Error> {
            gatekeeper()?;
            let operation = self.operations.get(id).ok_or(Error::OperationNotFound)?;
            match operation.state {
                OperationState::Expired => return Ok(operation),
                OperationState::Requested | OperationState::Approved | OperationState::Claimed => {}
                state => return Err(Error::WrongState { state }),
            }
            if self.env().block_number() < operation.deadline {
                return Err(Error::DeadlineNotPassed);
            }
            Ok(self.end_late(operation))
        }

        /// An operation by its id.
        #[ink(message)]
        pub fn operation(&self, id: u64) -> Option<Operation> {
            self.operations.get(id)
        }

        /// A host's operations from position `from` on, oldest first, at most `limit` and never more than 64.
        #[ink(message)]
        pub fn operations_of(&self, host: AccountId, from: u32, limit: u32) -> Vec<Operation> {
            page(from, limit, MAX_PAGE, self.operation_counts.get(host).unwrap_or(0))
                .filter_map(|position| self.operations_by_host.get((host, position)))
                .filter_map(|id| self.operations.get(id))
                .collect()
        }

        /// A host's operations that it may claim or is at, oldest first.
        #[ink(message)]
        pub fn open_operations(&self, host: AccountId) -> Vec<Operation> {
            let open = self.open.get(host).unwrap_or_default();
            open.into_iter().filter_map(|id| self.operations.get(id)).collect()
        }

        // Roles

        /// The role of an account.
        #[ink(message)]
        pub fn role_of(&self, account: AccountId) -> Option<Role> {
            self.roles.of(account)
        }

        /// Gives an account a role, in place of the one it has. Only an admin may. Emits `RoleGranted`.
        ///
        /// Fails with `NotAGatekeeper`, `NotAuthorized` or `LastAdmin`.
        #[ink(message)]
        pub fn grant(&mut self, account: AccountId, role: Role) -> Result<(), Error> {
            Ok(self.roles.grant(gatekeeper()?, account, role)?)
        }

        /// Takes an account's role. Only an admin may, and one admin must remain. Emits `RoleRevoked`.
        ///
        /// Fails with `NotAGatekeeper`, `NotAuthorized`, `NoRole` or `LastAdmin`.
        #[ink(message)]
        pub fn revoke(&mut self, account: AccountId) -> Result<(), Error> {
            Ok(self.roles.revoke(gatekeeper()?, account)?)
        }

        /// How this code lays out the contract's storage.
        #[ink(message, selector = 0x4c41594f)]
        pub fn layout(&self) -> Layout {
            layout()
        }

        /// Replaces the contract's code by code that was uploaded and reads what is stored. Only an admin may. The chain
        /// emits `ContractCodeUpdated`.
        ///
        /// Fails with `NotAGatekeeper`, `NotAuthorized` or `LayoutMismatch`.
        #[ink(message)]
        pub fn upgrade(&mut self, code_hash: Hash) -> Result<(), Error> {
            self.roles.ensure_admin(gatekeeper()?)?;
            Ok(contract_common::upgrade(&layout(), code_hash)?)
        }

        fn operator(&self) -> Result<AccountId, Error> {
            let caller = gatekeeper()?;
            self.roles.ensure_operator(caller)?;
            Ok(caller)
        }

        fn ensure_admitted(&self, host: AccountId) -> Result<(), Error> {
            match self.members.get(host) {
                Some(member) if member.standing == Standing::Admitted => Ok(()),
                _ => Err(Error::NotAdmitted),
            }
        }

        fn set_standing(&mut self, host: AccountId, member: Member, standing: Standing) -> Member {
            let member = Member { standing, changed: self.env().block_number(), ..member };
            self.members.insert(host, &member);
            member
        }

        /// The operation, if it is the caller's to do.
        fn own_operation(&self, id: u64) -> Result<Operation, Error> {
            let caller = gatekeeper()?;
            let operation = self.operations.get(id).ok_or(Error::OperationNotFound)?;
            if operation.host == caller {
                Ok(operation)
            } else {
                Err(Error::NotYourOperation)
            }
        }

        /// Asks a host that was just admitted to start a guest, while a template is set and unless it is asked already.
        fn ask_for_admission_guest(&mut self, host: AccountId, request_id: RequestId) -> Result<(), Error> {
            let Some(template) = self.admission_template.clone() else { return Ok(()) };
            let kind = OperationKind::StartDvm { name: admission_guest_name(host), template };
            if self.open_operations(host).iter().any(|operation| operation.kind == kind) {
                return Ok(());
            }
            let contract = self.env().account_id();
            self.open_operation(request_id, host, kind, contract, ADMISSION_DEADLINE_BLOCKS)?;
            Ok(())
        }

        /// Enters an operation, approved at once. Returns its id.
        fn open_operation(
            &mut self,
            request_id: RequestId,
            host: AccountId,
            kind: OperationKind,
            requested_by: AccountId,
            deadline_blocks: u32,
        ) -> Result<u64, Error> {
            if self.open.get(host).unwrap_or_default().len() >= MAX_OPEN_OPERATIONS {
                self.make_room(host)?;
            }
            let mut open = self.open.get(host).unwrap_or_default();
            let id = self.operation_count.checked_add(1).ok_or(Error::Overflow)?;
            let position = self.operation_counts.get(host).unwrap_or(0);
            let count = position.checked_add(1).ok_or(Error::Overflow)?;
            let requested_at = self.env().block_number();
            let deadline = requested_at.checked_add(deadline_blocks).ok_or(Error::Overflow)?;

            self.operation_count = id;
            self.operations_by_host.insert((host, position), &id);
            self.operation_counts.insert(host, &count);
            open.push(id);
            self.open.insert(host, &open);
            self.operations.insert(
                id,
                &Operation {
                    id,
                    request_id,
                    host,
                    kind: kind.clone(),
                    requested_by,
                    state: OperationState::Approved,
                    requested_at,
                    deadline,
                    outcome: None,
                },
            );
            self.env().emit_event(OperationRequested { host, operation: id, request_id, kind, requested_by, deadline });
            self.env().emit_event(OperationApproved { host, operation: id });
            Ok(id)
        }

        /// Ends the oldest of a host's operations that it has let pass without claiming it: it can't any more.
        fn make_room(&mut self, host: AccountId) -> Result<(), Error> {
            let now = self.env().block_number();
            let is_over =
                |operation: &Operation| operation.state == OperationState::Approved && now >= operation.deadline;
            let passed =
                self.open_operations(host).into_iter().find(is_over).ok_or(Error::TooManyOpenOperations)?;
            self.end_late(passed);
            Ok(())
        }

        /// Ends an operation whose deadline has passed.
        fn end_late(&mut self, operation: Operation) -> Operation {
            let operation = Operation { state: OperationState::Expired, ..operation };
            self.close_operation(&operation);
            self.env().emit_event(OperationExpired { host: operation.host, operation: operation.id });
            operation
        }

        /// Stores an operation that ended, and takes it from its host's open ones.
        fn close_operation(&mut self, operation: &Operation) {
            let mut open = self.open.get(operation.host).unwrap_or_default();
            open.retain(|id| *id != operation.id);
            self.open.insert(operation.host, &open);
            self.operations.insert(operation.id, operation);
        }
    }

    /// Digest of the storage as this code lays it out, and of the older layouts that it reads.
    pub fn layout() -> Layout {
        Layout { digest: LAYOUT_DIGEST, accepts: vec![WITHOUT_COMMANDS] }
    }

    /// `admission-` and the first 8 hexadecimal digits of the account.
    fn admission_guest_name(host: AccountId) -> String {
        let bytes: &[u8; 32] = host.as_ref();
        format!("admission-{:02x}{:02x}{:02x}{:02x}", bytes[0], bytes[1], bytes[2], bytes[3])
    }
}
