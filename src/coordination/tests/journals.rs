//! Journals that hosts share.

use std::time::Duration;

use futures_util::future::join_all;

use super::{Server, scope};
use crate::coordination::{Coordination, EtcdJournals};
use crate::error::Status;
use crate::flow::{SharedJournal, SharedJournals, SharedOpened};

fn journals(host: &Coordination) -> EtcdJournals {
    EtcdJournals::new(host.clone(), "p", "c")
}

async fn created(journals: &EtcdJournals) -> Box<dyn SharedJournal> {
    let scope = scope(None);
    let created = journals.create(&scope, "v.flow", "one\n".to_owned()).await;
    created.unwrap().expect("no other host has it")
}

async fn opened(journals: &EtcdJournals) -> SharedOpened {
    journals.open(&scope(None), "v.flow").await.unwrap()
}

#[tokio::test]
async fn a_journal_has_one_holder_and_then_the_next() {
    let server = Server::start().await;
    let (one, other) = (server.host(60, 40), server.host(60, 40));
    let (one, other) = (journals(&one), journals(&other));
    let mut held = created(&one).await;
    held.append(&scope(None), "two\n").await.unwrap();
    let SharedOpened::Busy(owner) = opened(&other).await else {
        panic!("another host holds it");
    };
    let process = format!("\"process\":{}", std::process::id());
    assert!(
        owner.contains(&process) && owner.contains("60 s"),
        "{owner}"
    );
    let operation = scope(None);
    let second = other.create(&operation, "v.flow", "x".to_owned()).await;
    assert!(second.unwrap().is_none());
    drop(held);
    // The process that released it finds it free at once.
    let SharedOpened::Ours(mut held, text) = opened(&one).await else {
        panic!("no host holds it");
    };
    assert_eq!(text, b"one\ntwo\n");
    held.append(&scope(None), "three\n").await.unwrap();
    held.remove(&scope(None)).await.unwrap();
    assert!(matches!(opened(&other).await, SharedOpened::Absent));
    assert!(one.names(&scope(None)).await.unwrap().is_empty());
    drop(held);
    drop(created(&other).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_hosts_one_gets_what_a_dead_one_left() {
    let server = Server::start().await;
    let dead = server.host(5, 2);
    let held = created(&journals(&dead)).await;
    // As if its process had been killed: nothing is released, and no renewal is sent.
    std::mem::forget(held);
    dead.lease(&scope(None)).await.unwrap().lose();
    let hosts: Vec<_> = (0..5).map(|_| journals(&server.host(60, 40))).collect();
    loop {
        let found = join_all(hosts.iter().map(opened)).await;
        let ours = found
            .iter()
            .filter(|found| matches!(found, SharedOpened::Ours(..)))
            .count();
        assert!(ours <= 1, "{found:?}");
        if ours == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn a_host_whose_lease_ended_writes_nothing_more() {
    let server = Server::start().await;
    let one = server.host(60, 40);
    let other = journals(&server.host(60, 40));
    let mut held = created(&journals(&one)).await;
    one.lease(&scope(None))
        .await
        .unwrap()
        .revoke(one.etcd())
        .await;
    let SharedOpened::Ours(mut next, _) = opened(&other).await else {
        panic!("the lease of its holder ended");
    };
    for result in [
        held.append(&scope(None), "late\n").await,
        held.remove(&scope(None)).await,
        held.rename(&scope(None), ".flow").await.map(drop),
    ] {
        assert_eq!(result.unwrap_err().status(), Status::Coordination);
    }
    next.append(&scope(None), "two\n").await.unwrap();
    drop(next);
    let SharedOpened::Ours(_, text) = opened(&other).await else {
        panic!("no host holds it");
    };
    assert_eq!(text, b"one\ntwo\n");
}

#[tokio::test]
async fn a_renamed_journal_leaves_its_name_free() {
    let server = Server::start().await;
    let host = server.host(60, 40);
    let journals = journals(&host);
    let mut held = created(&journals).await;
    let place = held.rename(&scope(None), ".flow").await.unwrap();
    drop(held);
    let _next = created(&journals).await;
    let names = journals.names(&scope(None)).await.unwrap();
    assert_eq!(names.len(), 2);
    let renamed = names.iter().find(|name| *name != "v.flow").unwrap();
    assert!(place.ends_with(renamed), "{place:?}");
    let SharedOpened::Ours(_, text) = journals.open(&scope(None), renamed).await.unwrap() else {
        panic!("no host holds it");
    };
    assert_eq!(text, b"one\n");
}

#[tokio::test]
async fn a_journal_that_etcd_would_refuse_is_refused_by_name() {
    let server = Server::start().await;
    let host = server.host(60, 40);
    let mut held = created(&journals(&host)).await;
    let line = "x".repeat(1 << 20);
    let error = held.append(&scope(None), &line).await.unwrap_err();
    assert!(error.message().contains("v.flow"), "{error}");
    // Nothing was sent, so the next record follows.
    held.append(&scope(None), "two\n").await.unwrap();
}
