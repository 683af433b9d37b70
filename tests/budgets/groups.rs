//! Budgets of operations on several volumes.

use super::*;

#[tokio::test]
async fn groups_keep_their_budget() {
    let bench = Fixture::ready().await;
    let members: Vec<GroupMember> = (1..=4)
        .map(|number| GroupMember {
            volume: format!("volume-{number}"),
            snapshot: format!("snapshot-{number}"),
        })
        .collect();
    for member in &members {
        let volume = CreateVolume {
            name: member.volume.clone(),
            size_gib: 1,
            ..CreateVolume::default()
        };
        bench.driver.call(volume).await.unwrap();
    }
    // Longer than the handshakes of the connections that each member opens, on a busy machine too.
    bench.appliance.set_latency(Latency::every(300));
    let (taken, cost) = bench
        .cost(CreateGroupSnapshot {
            id: name("g"),
            members: members.clone(),
        })
        .await;
    taken.unwrap();
    within("create_group_snapshot, 4 volumes", cost);
    let clones = |id: &str, of_snapshots: bool| CreateGroupFromSrc {
        id: name(id),
        volumes: members
            .iter()
            .map(|member| GroupClone {
                name: format!("{}{id}", member.volume),
                size_gib: 1,
                source_volume: member.volume.clone(),
                snapshot: member.snapshot.clone().repeat(usize::from(of_snapshots)),
                ..GroupClone::default()
            })
            .collect(),
    };
    let (made, cost) = bench.cost(clones("a", true)).await;
    made.unwrap();
    within("create_group_from_src, 4 snapshots", cost);
    let (made, cost) = bench.cost(clones("b", false)).await;
    made.unwrap();
    within("create_group_from_src, 4 volumes", cost);
    let (added, cost) = bench
        .cost(UpdateGroup {
            id: name("g"),
            add_volumes: vec![name("volume-1"), name("volume-2")],
            remove_volumes: Vec::new(),
        })
        .await;
    added.unwrap();
    within("update_group", cost);
    let volumes = ["a", "b"].iter();
    let volumes = volumes.flat_map(|id| members.iter().map(move |m| format!("{}{id}", m.volume)));
    let (gone, cost) = bench
        .cost(DeleteGroup {
            id: name("g"),
            volumes: volumes.collect(),
        })
        .await;
    assert!(gone.unwrap().all_deleted);
    within("delete_group, 4 clones of each kind", cost);
    let (gone, cost) = bench
        .cost(DeleteGroupSnapshot {
            id: name("g"),
            members,
        })
        .await;
    assert!(gone.unwrap().all_deleted);
    within("delete_group_snapshot, 4 volumes", cost);
}
