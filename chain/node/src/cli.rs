//! Command line.

use crate::{role::NodeRole, spec};
use polkadot_sdk::*;
use sc_cli::{
	ChainInfoCmd, CheckBlockCmd, ExportBlocksCmd, ExportStateCmd, ImportBlocksCmd, KeySubcommand, PurgeChainCmd,
	RevertCmd, RunCmd, SubstrateCli,
};
use sc_service::ChainSpec;
use sc_storage_monitor::StorageMonitorParams;

#[derive(Debug, clap::Parser)]
pub struct Cli {
	#[command(subcommand)]
	pub command: Option<Command>,

	#[clap(flatten)]
	pub run: RunArguments,
}

/// What running a node takes.
#[derive(Debug, clap::Args)]
pub struct RunArguments {
	#[clap(flatten)]
	pub base: RunCmd,

	/// What the node is for.
	#[arg(long, value_enum)]
	pub role: Option<NodeRole>,

	/// Make a block for each transaction at once, and make it final, instead of following the clock: for a
	/// development chain of this node alone.
	#[arg(long, value_enum)]
	pub sealing: Option<Sealing>,

	#[clap(flatten)]
	pub storage_monitor: StorageMonitorParams,
}

/// How blocks come about where it isn't by BABE and GRANDPA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Sealing {
	/// A block for each transaction, final at once.
	Instant,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
	/// Make, look at and store keys.
	#[command(subcommand)]
	Key(KeySubcommand),

	/// How far the chain in the database is, as JSON.
	ChainInfo(ChainInfoCmd),

	/// Run a block of the database again.
	CheckBlock(CheckBlockCmd),

	/// Write blocks to a file.
	ExportBlocks(ExportBlocksCmd),

	/// Write the state of a block as a chain specification.
	ExportState(ExportStateCmd),

	/// Read blocks from a file.
	ImportBlocks(ImportBlocksCmd),

	/// Go back by some blocks that aren't final.
	Revert(RevertCmd),

	/// Remove the database; keys stay.
	PurgeChain(PurgeChainCmd),
}

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Logos node".into()
	}

	fn impl_version() -> String {
		env!("CARGO_PKG_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		"Logos".into()
	}

	fn support_url() -> String {
		"docs/node.md".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn ChainSpec>, String> {
		spec::load(id)
	}
}
