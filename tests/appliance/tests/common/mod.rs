//! A plain client for the tests: it trusts the appliance's CA, logs in by password and gives status and JSON.
#![allow(dead_code)]

use std::sync::Arc;

use reqwest::{Client, Method, Response};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use zfssa_appliance::{Appliance, Options};

/// A configuration of TLS that trusts one certificate.
pub fn trusting(pem: &str) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
        .unwrap();
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

pub struct Rest {
    pub client: Client,
    pub url: String,
    pub user: String,
    pub password: String,
}

pub const POOL: &str = "/api/storage/v1/pools/pool-0";
pub const PROJECT: &str = "/api/storage/v1/pools/pool-0/projects/default";
pub const LUNS: &str = "/api/storage/v1/pools/pool-0/projects/default/luns";
pub const SAN: &str = "/api/san/v1/iscsi";

impl Rest {
    pub fn new(appliance: &Appliance) -> Rest {
        Rest::at(appliance.url(), &appliance.ca_pem())
    }

    pub fn at(url: String, ca_pem: &str) -> Rest {
        let client = Client::builder()
            .tls_backend_preconfigured(trusting(ca_pem))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Rest {
            client,
            url,
            user: "root".to_owned(),
            password: "secret".to_owned(),
        }
    }

    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<Response> {
        let mut request = self
            .client
            .request(
                Method::from_bytes(method.as_bytes()).unwrap(),
                format!("{}{path}", self.url),
            )
            .basic_auth(&self.user, Some(&self.password));
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await
    }

    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        self.try_send(method, path, body).await.unwrap()
    }

    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let response = self.send(method, path, body.as_ref()).await;
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Sends and expects a status.
    pub async fn expect(
        &self,
        status: u16,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Value {
        let (got, answer) = self.call(method, path, body).await;
        assert_eq!(got, status, "{method} {path}: {answer}");
        answer
    }

    pub async fn get(&self, path: &str) -> Value {
        self.expect(200, "GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.expect(201, "POST", path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Value {
        self.expect(202, "PUT", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) {
        self.expect(204, "DELETE", path, None).await;
    }

    /// The `ERR_` name of a refusal.
    pub async fn refused(
        &self,
        status: u16,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> String {
        let answer = self.expect(status, method, path, body).await;
        let fault = &answer["fault"];
        assert_eq!(fault["code"], status, "{answer}");
        assert!(fault["message"].is_string(), "{answer}");
        fault["name"].as_str().unwrap_or_default().to_owned()
    }

    /// A thin LUN of one gibibyte.
    pub async fn lun(&self, name: &str) -> Value {
        let body = json!({"name": name, "volsize": "1g", "sparse": true});
        self.post(LUNS, body).await["lun"].clone()
    }

    pub async fn snapshot(&self, lun: &str, name: &str) -> Value {
        self.post(&format!("{LUNS}/{lun}/snapshots"), json!({"name": name}))
            .await["snapshot"]
            .clone()
    }

    pub async fn clone_of(&self, lun: &str, snapshot: &str, name: &str, mut more: Value) -> Value {
        more["share"] = json!(name);
        more["project"] = json!("default");
        let path = format!("{LUNS}/{lun}/snapshots/{snapshot}/clone");
        self.expect(201, "PUT", &path, Some(more)).await["lun"].clone()
    }
}

pub async fn start() -> (Appliance, Rest) {
    start_with(Options::default()).await
}

pub async fn start_with(options: Options) -> (Appliance, Rest) {
    let appliance = Appliance::start(options).await.unwrap();
    let rest = Rest::new(&appliance);
    (appliance, rest)
}
