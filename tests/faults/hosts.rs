//! Registration of hosts at their first attachment, and the end of it with their last detachment,
//! as the fault matrices run them.

use serde_json::{Value, json};
use support::matrix::{ID, LATE_TIMEOUT, PREPARED, Scenario};
use support::{Fixture, HOST_C, HOST_CHAP, San, volume};
use zfssa::driver::{DoSetup, InitializeConnection, TerminateConnection};
use zfssa::error::Error;
use zfssa_appliance::Options;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosts {
    Register,
    /// With an account.
    RegisterWithChap,
    /// Of a host whose initiator is left from an earlier registration, with an older account.
    RegisterAgain,
    /// Of a host that is in a group by now, which the driver does not know yet.
    Attach,
    Unregister,
}

pub const SCENARIOS: &[Hosts] = &[
    Hosts::Register,
    Hosts::RegisterWithChap,
    Hosts::RegisterAgain,
    Hosts::Attach,
    Hosts::Unregister,
];

fn attach() -> InitializeConnection {
    InitializeConnection {
        volume: "volume-1".to_owned(),
        initiator: HOST_C.to_owned(),
        host_name: "node-c".to_owned(),
        ..InitializeConnection::default()
    }
}

fn detach() -> TerminateConnection {
    TerminateConnection {
        volume: "volume-1".to_owned(),
        initiator: HOST_C.into(),
        still_attached: None,
    }
}

/// The state without the host.
fn without_host(state: &Value) -> Value {
    let mut state = state.clone();
    if let Some(initiators) = state["initiators"].as_object_mut() {
        initiators.remove(HOST_C);
    }
    if let Some(groups) = state["initiator_groups"].as_object_mut() {
        groups.retain(|name, _| !name.starts_with("zfssa-host-"));
    }
    state
}

impl Scenario for Hosts {
    fn deletes(self) -> bool {
        self == Hosts::Unregister
    }

    fn keeps_what_it_made(self) -> bool {
        true
    }

    // CHAP secrets are set and never shown.
    fn leaves_no_trace(self, path: &str) -> bool {
        self == Hosts::RegisterAgain && path.contains("/iscsi/initiators")
    }

    // The volume is detached; what is left of the host serves its next attachment.
    fn is_as_good(self, state: &Value, wanted: &Value) -> bool {
        self == Hosts::Unregister && without_host(state) == without_host(wanted)
    }

    async fn prepare(self, rest_timeout: &str) -> Fixture {
        let bench = Fixture::raw(Options::default(), |config| {
            config.set("zfssa_rest_timeout", rest_timeout);
            config.set("zfssa_operation_timeout", "300");
            config.set("zfssa_late_request_timeout", LATE_TIMEOUT);
            config.set("zfssa_register_hosts", "true");
            if self == Hosts::Unregister {
                config.set("zfssa_unregister_hosts", "true");
            }
            if matches!(self, Hosts::RegisterWithChap | Hosts::RegisterAgain) {
                config.set("zfssa_initiator_user", "hosts");
                config.set("zfssa_initiator_password", HOST_CHAP);
            }
        })
        .await;
        bench.call_as(PREPARED, DoSetup {}).await.unwrap();
        bench.call_as(PREPARED, volume("volume-1")).await.unwrap();
        match self {
            Hosts::Register | Hosts::RegisterWithChap => {}
            Hosts::RegisterAgain => {
                let alias = format!("zfssa-host-node-c-{}", support::HOST_C_DIGEST);
                let left = json!({
                    "initiator": HOST_C, "alias": alias,
                    "chapuser": "before", "chapsecret": "CANARYbefore-1",
                });
                bench.foreign_san(San::New("initiators", left)).await;
            }
            Hosts::Attach => {
                let group = json!({"name": "new", "initiators": [HOST_C]});
                bench.foreign_san(San::New("initiator-groups", group)).await;
            }
            Hosts::Unregister => {
                bench.call_as(PREPARED, attach()).await.unwrap();
            }
        }
        bench
    }

    async fn run(self, bench: &Fixture) -> Result<(), Error> {
        match self {
            Hosts::Unregister => bench.call_as(ID, detach()).await.map(drop),
            _ => bench.call_as(ID, attach()).await.map(drop),
        }
    }
}
