"""`virton serve`: the console, on the embedded cluster or on a real one."""

from virton.cli.data_folder import default_data
from virton.cli.real_cluster import CaFileOption, FingerprintOption
from virton.cli.serve_options import (
    CertificateKeyOption,
    CertificateOption,
    ConfigOption,
    DataOption,
    DemoOption,
    HistoryOption,
    HostOption,
    HttpsPortOption,
    IntervalOption,
    LanguageOption,
    LogFormatOption,
    PortOption,
    ProxmoxOption,
    PveVersionOption,
    TokenOption,
    TrustedProxyOption,
)


def serve(
    host: HostOption = None,
    port: PortOption = None,
    https_port: HttpsPortOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    proxmox: ProxmoxOption = None,
    token: TokenOption = None,
    fingerprint: FingerprintOption = None,
    ca_file: CaFileOption = None,
    interval: IntervalOption = None,
    history: HistoryOption = None,
    language: LanguageOption = None,
    pve_version: PveVersionOption = None,
    trusted_proxy: TrustedProxyOption = None,
    log_format: LogFormatOption = None,
    certificate: CertificateOption = None,
    certificate_key: CertificateKeyOption = None,
    demo: DemoOption = None,
) -> None:
    """Serve the web console."""
    # All that serving needs is loaded only now: the help of the verbs comes without it.
    from virton.cli.starting import start

    typed = {
        "host": host,
        "port": port,
        "https_port": https_port,
        "proxmox": proxmox,
        "token": token,
        "fingerprints": fingerprint,
        "ca_file": ca_file and str(ca_file.absolute()),
        "interval": interval,
        "history": history,
        "language": language,
        "pve_version": pve_version,
        "trusted_proxies": trusted_proxy,
        "log_format": log_format,
        "certificate": certificate and str(certificate.absolute()),
        "certificate_key": certificate_key and str(certificate_key.absolute()),
        "demo": demo,
    }
    start(config, data or default_data(), typed)
