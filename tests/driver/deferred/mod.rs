//! Deferred deletion of volumes and snapshots with clones.

mod answers;
mod audit;
mod chains;
mod life;
mod names;
mod needless;
mod policy;
mod races;
mod trees;

use support::Fixture;
use zfssa::config::ConfigBuilder;
use zfssa::driver::{
    CreateClonedVolume, CreateSnapshot, CreateVolumeFromSnapshot, DeleteSnapshot, DeleteVolume,
    Deleted, DoSetup, ListSnapshots, ListVolumes,
};
use zfssa::error::Error;
use zfssa_appliance::Options;

fn own(text: &str) -> String {
    text.to_owned()
}

fn defer(config: &mut ConfigBuilder) {
    config.set("zfssa_delete_with_clones", "defer");
}

/// A driver that defers deletions, on an appliance that was set up.
async fn deferring() -> Fixture {
    let bench = Fixture::raw(Options::default(), defer).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench
}

async fn make(bench: &Fixture, name: &str) {
    bench.driver.call(support::volume(name)).await.unwrap();
}

async fn take(bench: &Fixture, volume: &str, name: &str) {
    let take = CreateSnapshot {
        volume: own(volume),
        name: own(name),
    };
    bench.driver.call(take).await.unwrap();
}

fn cloned(name: &str, source: &str) -> CreateClonedVolume {
    CreateClonedVolume {
        name: own(name),
        size_gib: 1,
        source_volume: own(source),
        ..CreateClonedVolume::default()
    }
}

async fn clone(bench: &Fixture, name: &str, source: &str) {
    bench.driver.call(cloned(name, source)).await.unwrap();
}

fn from_snapshot(name: &str, source: &str, snapshot: &str) -> CreateVolumeFromSnapshot {
    CreateVolumeFromSnapshot {
        name: own(name),
        size_gib: 1,
        source_volume: own(source),
        snapshot: own(snapshot),
        ..CreateVolumeFromSnapshot::default()
    }
}

async fn delete(bench: &Fixture, name: &str) -> Result<Deleted, Error> {
    bench.driver.call(DeleteVolume { name: own(name) }).await
}

async fn delete_snapshot(bench: &Fixture, volume: &str, name: &str) -> Result<Deleted, Error> {
    let delete = DeleteSnapshot {
        volume: own(volume),
        name: own(name),
    };
    bench.driver.call(delete).await
}

/// Creates volume-2 from snapshot-1 of volume-1, and deletes the snapshot, which waits for it.
async fn defer_snapshot(bench: &Fixture) {
    make(bench, "volume-1").await;
    take(bench, "volume-1", "snapshot-1").await;
    let from = from_snapshot("volume-2", "volume-1", "snapshot-1");
    bench.driver.call(from).await.unwrap();
    let deleted = delete_snapshot(bench, "volume-1", "snapshot-1");
    deleted.await.unwrap();
}

/// Deletes volume-1, which waits for its clone volume-2, and snapshot-1 of volume-2, which waits for
/// its clone volume-3.
async fn defer_volume_and_snapshot(bench: &Fixture) {
    make(bench, "volume-1").await;
    clone(bench, "volume-2", "volume-1").await;
    take(bench, "volume-2", "snapshot-1").await;
    let from = from_snapshot("volume-3", "volume-2", "snapshot-1");
    bench.driver.call(from).await.unwrap();
    delete(bench, "volume-1").await.unwrap();
    let deleted = delete_snapshot(bench, "volume-2", "snapshot-1");
    deleted.await.unwrap();
}

/// The names of the volumes that the driver lists.
async fn volumes(bench: &Fixture) -> Vec<String> {
    let listed = bench.driver.call(ListVolumes::default()).await.unwrap();
    listed.volumes.into_iter().map(|one| one.name).collect()
}

/// The snapshots of the host that the driver lists, `<volume>@<snapshot>`, in order.
async fn snapshots(bench: &Fixture) -> Vec<String> {
    let every = ListSnapshots {
        volume: zfssa::driver::OneOrEvery::Every,
        ..ListSnapshots::default()
    };
    let listed = bench.driver.call(every).await.unwrap().snapshots;
    let name = |one: zfssa::driver::Snapshot| format!("{}@{}", one.volume, one.name);
    let of_host = listed
        .into_iter()
        .filter(|one| !one.name.starts_with("tmp-snapshot-"));
    let mut names: Vec<String> = of_host.map(name).collect();
    names.sort();
    names
}

/// The LUN that a deleted volume is now.
fn deferred(bench: &Fixture, volume: &str) -> String {
    let mut luns = bench.luns(0).into_iter();
    let is = |name: &String| name.starts_with("deleted-") && name.ends_with(volume);
    luns.find(is).expect("the volume waits")
}
