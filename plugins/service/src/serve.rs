//! Listening, and ending well.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use touchstone::Context;

use crate::open::{Opening, Service};
use crate::{Error, Key, Result, ServiceRecipe, api};

/// The environment variable that holds the key of a service.
pub const KEY_VARIABLE: &str = "TOUCHSTONE_SERVICE_KEY";

/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(15);

/// How often the service looks whether it is to end.
const TICK: Duration = Duration::from_millis(50);

/// How long work that was told to stop has for it.
const LAST: Duration = Duration::from_secs(2);

/// A place where a service can be reached. Connections wait there until it [runs](Server::run).
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

/// Whether a service that other machines can reach may be without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyless {
    /// On this machine alone.
    Loopback,
    /// Anywhere: something else keeps strangers out.
    Anywhere,
}

impl Listener {
    /// Takes this address; port 0 is any that is free.
    ///
    /// # Errors
    /// [`Error::NoKey`] for an address that others can reach where there is no key and `keyless` does not allow that;
    /// [`Error::Listen`].
    pub fn bind(address: SocketAddr, key: Option<&Key>, keyless: Keyless) -> Result<Self> {
        if !address.ip().is_loopback() && key.is_none() && keyless == Keyless::Loopback {
            return Err(Error::NoKey { address, variable: KEY_VARIABLE });
        }
        let failed = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// The address, with the port that was found.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A service with its models loaded.
pub struct Server {
    service: Arc<Service>,
}

impl Server {
    /// Loads everything that the recipe names, and gives up once `stop` is cancelled.
    ///
    /// # Errors
    /// A recipe that names what is not there, settings that are wrong, and what loading models gives, each with its place.
    pub fn open(recipe: ServiceRecipe, opening: Opening<'_>, stop: &Context) -> Result<Self> {
        let loading = opening.context.clone().with_cancellation(stop.clone());
        Ok(Self { service: Arc::new(Service::open(recipe, opening, &loading)?) })
    }

    /// Serves until `stop` is cancelled: then nothing new is accepted, and what is in flight has the recipe's `drain_seconds` to
    /// end in. Whatever is left is stopped.
    ///
    /// # Errors
    /// [`Error::Runtime`].
    pub fn run(self, listener: Listener, stop: &Context) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(self.service.limits.solving.get().saturating_add(8))
            .enable_all()
            .thread_name("service")
            .build()
            .map_err(Error::Runtime)?;
        let service = Arc::clone(&self.service);
        let served = runtime.block_on(accept_all(listener, service, stop));
        // What does not stop on request is not waited for.
        self.service.context.cancel();
        runtime.shutdown_timeout(LAST);
        served
    }
}

async fn accept_all(listener: Listener, service: Arc<Service>, stop: &Context) -> Result<()> {
    let limits = service.limits;
    let router = api::router(Arc::clone(&service), stop.clone());
    let listener = tokio::net::TcpListener::from_std(listener.listener).map_err(Error::Runtime)?;
    let open = Arc::new(Semaphore::new(limits.connections.get().min(Semaphore::MAX_PERMITS)));
    let connections = GracefulShutdown::new();
    loop {
        // A place first, so that a connection beyond the limit waits in the system's queue.
        let accepted = async {
            let place = Arc::clone(&open).acquire_owned().await;
            (listener.accept().await, place)
        };
        let accepted = tokio::select! {
            accepted = accepted => accepted,
            () = stopped(stop) => break,
        };
        match accepted {
            (Ok((stream, _)), Ok(place)) => {
                tokio::spawn(connection(stream, router.clone(), connections.watcher(), place));
            }
            // Too many open files, or a connection that broke off at once: others will end.
            _ => sleep(TICK).await,
        }
    }
    drop(listener);
    if timeout(limits.drain(), connections.shutdown()).await.is_err() {
        service.context.cancel();
        // Answers that say so are still sent.
        sleep(LAST / 4).await;
    }
    Ok(())
}

async fn connection(stream: TcpStream, router: Router, watcher: Watcher, _place: OwnedSemaphorePermit) {
    // Answers are small, and clients wait for them.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // An error is the client's: it has gone, or does not speak HTTP.
    let _ = watcher.watch(connection).await;
}

async fn stopped(stop: &Context) {
    while !stop.is_cancelled() {
        sleep(TICK).await;
    }
}
