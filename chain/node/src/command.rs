//! What each command does.

use crate::{
	cli::{Cli, Command},
	primitives::Block,
	role::NodeRole,
	service::{self, parts, parts::Client},
};
use polkadot_sdk::*;
use sc_cli::{Result, SubstrateCli};
use sc_network::{config::NetworkBackendType, Litep2pNetworkBackend};
use std::sync::Arc;

/// Parses the command line and does what it says.
pub fn run() -> Result<()> {
	let mut cli = Cli::from_args();
	match cli.command.take() {
		Some(command) => run_command(&cli, &command),
		None => run_node(cli),
	}
}

fn run_node(mut cli: Cli) -> Result<()> {
	NodeRole::apply(cli.run.role, &mut cli.run.base);
	let runner = cli.create_runner(&cli.run.base)?;
	let (sealing, storage) = (cli.run.sealing, cli.run.storage_monitor);
	runner.run_node_until_exit(|config| async move {
		if matches!(config.network.network_backend, NetworkBackendType::Libp2p) {
			return Err(sc_cli::Error::Input("this node reaches its peers by litep2p only".into()));
		}
		service::start::<Litep2pNetworkBackend>(config, sealing, storage).map_err(sc_cli::Error::Service)
	})
}

fn run_command(cli: &Cli, command: &Command) -> Result<()> {
	match command {
		Command::Key(command) => command.run(cli),
		Command::ChainInfo(command) => cli.create_runner(command)?.sync_run(|config| command.run::<Block>(&config)),
		Command::PurgeChain(command) => cli.create_runner(command)?.sync_run(|config| command.run(config.database)),
		Command::CheckBlock(command) => cli.create_runner(command)?.async_run(|config| {
			let parts = parts::assemble(&config, None)?;
			Ok((command.run(parts.client, parts.import_queue), parts.task_manager))
		}),
		Command::ImportBlocks(command) => cli.create_runner(command)?.async_run(|config| {
			let parts = parts::assemble(&config, None)?;
			Ok((command.run(parts.client, parts.import_queue), parts.task_manager))
		}),
		Command::ExportBlocks(command) => cli.create_runner(command)?.async_run(|config| {
			let parts = parts::assemble(&config, None)?;
			Ok((command.run(parts.client, config.database), parts.task_manager))
		}),
		Command::ExportState(command) => cli.create_runner(command)?.async_run(|config| {
			let parts = parts::assemble(&config, None)?;
			Ok((command.run(parts.client, config.chain_spec), parts.task_manager))
		}),
		Command::Revert(command) => cli.create_runner(command)?.async_run(|config| {
			let parts = parts::assemble(&config, None)?;
			let revert = Box::new(|client: Arc<Client>, backend, blocks| {
				sc_consensus_babe::revert(client.clone(), backend, blocks)?;
				sc_consensus_grandpa::revert(client, blocks)?;
				Ok(())
			});
			Ok((command.run(parts.client, parts.backend, Some(revert)), parts.task_manager))
		}),
	}
}
