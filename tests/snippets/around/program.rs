//! The set-up of a block of Rust that is no whole program: the code under test of the simulator's
//! page is a program that creates a volume and deletes it.
use zfssa::ops::{CreateVolume, DeleteVolume, DoSetup};

fn driver(appliance: &zfssa_appliance::Appliance) -> zfssa::Result<zfssa::Driver> {
    let mut options = zfssa::ConfigBuilder::new();
    let ca = std::env::current_dir().unwrap().join("appliance.pem");
    std::fs::write(&ca, appliance.ca_pem()).unwrap();
    for (name, value) in [
        ("san_ip", appliance.host()),
        ("san_api_port", appliance.port().to_string()),
        ("san_login", "root".to_owned()),
        ("san_password", "secret".to_owned()),
        ("zfssa_pool", "pool-0".to_owned()),
        ("zfssa_project", "default".to_owned()),
        ("zfssa_target_portal", "127.0.0.1:3260".to_owned()),
        ("zfssa_target_interfaces", "ixgbe0".to_owned()),
        ("zfssa_register_hosts", "true".to_owned()),
        ("zfssa_tls_ca_file", ca.to_str().unwrap().to_owned()),
    ] {
        options.set(name, &value);
    }
    zfssa::Driver::new(options.build().unwrap())
}

async fn set_up(appliance: &zfssa_appliance::Appliance) -> zfssa::Result<zfssa::Driver> {
    let driver = driver(appliance)?;
    driver.call(DoSetup::default()).await?;
    Ok(driver)
}

async fn create_and_delete(driver: &zfssa::Driver) -> zfssa::Result<()> {
    let name = "volume-1".to_owned();
    driver.call(CreateVolume { name: name.clone(), size_gib: 1, ..Default::default() }).await?;
    driver.call(DeleteVolume { name, ..Default::default() }).await.map(|_| ())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
SNIPPET
    Ok(())
}
