//! Validators find each other's addresses through the network's hash table, so that they can talk directly.

use super::consensus::Node;
use crate::primitives::Block;
use futures::StreamExt;
use polkadot_sdk::*;
use sc_authority_discovery::{new_worker_and_service_with_config, Role, WorkerConfig};
use sc_network::{service::traits::NetworkService, DhtEvent, Event, Multiaddr};
use sc_service::{Configuration, Error, TaskManager};
use sp_api::{ApiExt, ProvideRuntimeApi};
use sp_authority_discovery::AuthorityDiscoveryApi;
use sp_blockchain::HeaderBackend;
use std::{path::PathBuf, sync::Arc};

/// What of a node's configuration is about this.
pub struct Settings {
	publish_non_global_ips: bool,
	public_addresses: Vec<Multiaddr>,
	directory: Option<PathBuf>,
}

impl Settings {
	pub fn of(config: &Configuration) -> Self {
		Self {
			publish_non_global_ips: config.network.allow_non_globals_in_dht,
			public_addresses: config.network.public_addresses.clone(),
			directory: config.network.net_config_path.clone(),
		}
	}
}

/// Publishes this validator's addresses and looks up those of the others, where the chain names its authorities.
pub fn spawn(
	tasks: &TaskManager,
	node: &Node,
	network: Arc<dyn NetworkService>,
	settings: Settings,
) -> Result<(), Error> {
	if !node.role.is_authority() || !names_authorities(node)? {
		return Ok(());
	}
	let config = WorkerConfig {
		publish_non_global_ips: settings.publish_non_global_ips,
		public_addresses: settings.public_addresses,
		persisted_cache_directory: settings.directory,
		..Default::default()
	};
	let events = network.event_stream("authority-discovery").filter_map(|event| async move {
		match event {
			Event::Dht(event) => Some(event),
			_ => None,
		}
	});
	let (worker, _) = new_worker_and_service_with_config(
		config,
		node.client.clone(),
		Arc::new(network),
		Box::pin(events) as std::pin::Pin<Box<dyn futures::Stream<Item = DhtEvent> + Send>>,
		Role::PublishAndDiscover(node.keystore.clone()),
		node.registry.clone(),
		tasks.spawn_handle(),
	);
	tasks.spawn_handle().spawn("authority-discovery", Some("networking"), worker.run());
	Ok(())
}

fn names_authorities(node: &Node) -> Result<bool, Error> {
	let best = node.client.info().best_hash;
	let api = node.client.runtime_api();
	api.has_api::<dyn AuthorityDiscoveryApi<Block>>(best).map_err(|error| Error::Application(error.into()))
}
