mod contracts;
mod forwarding;
mod fuzz;
mod gatekeepers;
mod migration;
