//! The program's options for the data plane.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::{DataPlaneOptions, TgtdDataPlane};

/// The command line's options for the data plane.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Data plane")]
pub struct DataPlaneArguments {
    /// Put real iSCSI behind the LUNs (needs Debian's package tgt)
    #[arg(long)]
    pub data_plane: bool,
    /// Keep the LUNs' bytes in a directory of its own in DIR, removed at the end [default: the temporary directory]
    #[arg(long, value_name = "DIR", requires = "data_plane")]
    pub data_plane_dir: Option<PathBuf>,
    /// The iSCSI portal; port 0 chooses a free one
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:0",
        requires = "data_plane"
    )]
    pub portal: SocketAddr,
}

impl DataPlaneArguments {
    /// Starts the data plane if it is asked for.
    pub fn start(&self) -> io::Result<Option<Arc<TgtdDataPlane>>> {
        if !self.data_plane {
            return Ok(None);
        }
        let options = DataPlaneOptions {
            directory: self.data_plane_dir.clone(),
            portal: self.portal,
        };
        TgtdDataPlane::start(options).map(Some)
    }
}
