//! A way to a server on which connections can be lost without a word.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// It ends with the value, and its connections with it.
pub struct Proxy {
    pub address: SocketAddr,
    losses: watch::Sender<()>,
    _server: JoinSet<()>,
}

impl Proxy {
    /// A way to `target`.
    pub async fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let losses = watch::Sender::new(());
        let (target, receiver) = (Arc::new(target), losses.subscribe());
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(carry(client, Arc::clone(&target), receiver.clone()));
            }
        });
        Self { address, losses, _server: server }
    }

    /// The server is gone for all connections there are, and none of their clients is told. New ones are
    /// as they should be.
    pub fn lose_all(&self) {
        self.losses.send_replace(());
    }
}

async fn carry(mut client: TcpStream, target: Arc<String>, mut losses: watch::Receiver<()>) {
    losses.mark_unchanged();
    let mut server = TcpStream::connect(&*target).await.expect("the server");
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        _ = losses.changed() => {
            drop(server);
            // The client's end stays open, and silent.
            std::future::pending::<()>().await;
        }
    }
}
