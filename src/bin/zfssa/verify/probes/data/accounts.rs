//! Probe of CHAP: logins without the right accounts.

use zfssa::config::Chap;
use zfssa::secret::Secret;

use super::{place, try_log_in};
use crate::verify::answer::Trouble;
use crate::verify::examination::Examination;
use crate::verify::iscsi::session::Login;

/// A secret that neither the initiator nor the target has.
fn wrong(account: &Chap) -> Chap {
    let random = uuid::Uuid::new_v4().simple().to_string();
    Chap {
        user: account.user.clone(),
        secret: Secret::new(random.get(..16).unwrap_or_default()),
    }
}

/// Logs in without an account, with another secret, and where the target has to prove another one.
pub async fn chap(run: &mut Examination) -> Result<(), Trouble> {
    const MUTUAL: &str = "data_chap_target";
    const NONE: &str = "needs a target that asks for CHAP";
    let place = place(run)?;
    let right = place.first;
    let Some(account) = right.account.as_ref().filter(|_| place.asks_chap) else {
        for name in ["data_chap_missing", "data_chap_wrong", MUTUAL] {
            run.findings.not_probed(name, NONE);
        }
        return Ok(());
    };
    let missing = Login {
        account: None,
        target_account: None,
        ..right.clone()
    };
    answer(run, "data_chap_missing", &missing).await?;
    let other = Login {
        account: Some(wrong(account)),
        ..right.clone()
    };
    answer(run, "data_chap_wrong", &other).await?;
    let Some(account) = &right.target_account else {
        let reason = "needs a target that has the account of the backend";
        run.findings.not_probed(MUTUAL, reason);
        return Ok(());
    };
    let other = Login {
        target_account: Some(wrong(account)),
        ..right.clone()
    };
    answer(run, MUTUAL, &other).await
}

async fn answer(run: &mut Examination, name: &str, login: &Login) -> Result<(), Trouble> {
    let value = match try_log_in(run, login).await? {
        Ok(host) => {
            host.log_out().await;
            "accepted".to_owned()
        }
        Err(end) => end.to_string(),
    };
    run.findings
        .observed(name, value, "the answer to the login");
    Ok(())
}
