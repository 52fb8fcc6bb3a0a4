//! The admin port: a JSON API for tests in any language, and a page for people.

mod api;
mod control;
mod deliveries;
mod desk;
mod events;
mod guard;
mod listen;
mod page;
mod reply;
mod routes;
mod state;

pub(crate) use desk::Side;

use std::{io, sync::Arc};

use tokio::{net::TcpListener, task::JoinHandle};

use self::desk::Desk;
use crate::world::World;

/// An open admin port. It ends when it is dropped.
pub(crate) struct Admin {
    port: u16,
    accepting: JoinHandle<()>,
}

impl Admin {
    pub(crate) fn run(listener: TcpListener, world: Arc<World>, sides: Vec<Side>) -> io::Result<Self> {
        let port = listener.local_addr()?.port();
        let desk = Arc::new(Desk::new(world, sides, port));
        Ok(Self { port, accepting: tokio::spawn(listen::accept(listener, desk)) })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
