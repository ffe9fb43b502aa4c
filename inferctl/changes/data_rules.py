"""What protects networks and stored data: one row a setting."""

from __future__ import annotations

from collections.abc import Mapping

from inferctl.changes.safeguard_rule import Row, absent, off, on, one_of, other_than, there

_SSE = "BucketEncryption/ServerSideEncryptionConfiguration/*/ServerSideEncryptionByDefault"
_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_PUBLIC_ACL = one_of("PublicRead", "PublicReadWrite", "AuthenticatedRead")
_BY_LISTS = one_of("ObjectWriter", "BucketOwnerPreferred")
_NO_KEY = "is not encrypted by a key of its own any more"
_ATTRIBUTES = "LoadBalancerAttributes"
_HEADERS = "routing.http.drop_invalid_header_fields.enabled"

DATA_ROWS: Mapping[str, tuple[Row, ...]] = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (
        ("network+", "Scheme", other_than("internal"), "faces the internet"),
        ("protection", f"{_ATTRIBUTES}/deletion_protection.enabled", off, "is easily deleted"),
        ("protection", f"{_ATTRIBUTES}/access_logs.s3.enabled", off, "does not log access"),
        ("protection", f"{_ATTRIBUTES}/{_HEADERS}", off, "passes on invalid headers"),
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        (
            *("protection", "HealthCheckEnabled", one_of("false")),
            "sends calls to targets that nothing checks",
        ),
    ),
    "AWS::ElasticLoadBalancingV2::Listener": (
        ("network", "Protocol", one_of("HTTP", "TCP", "UDP"), "is not encrypted any more"),
        ("network", "Certificates", absent, "has no certificate any more"),
        ("network", "MutualAuthentication", absent, "asks callers for no certificate any more"),
    ),
    "AWS::EC2::Subnet": (
        ("network+", "MapPublicIpOnLaunch", on, "gives out public addresses"),
        ("network+", "AssignIpv6AddressOnCreation", on, "gives out public IPv6 addresses"),
    ),
    "AWS::EC2::VPC": (
        ("interrupt", "EnableDnsSupport", one_of("false"), "resolves no names any more"),
        ("interrupt", "EnableDnsHostnames", off, "private names of endpoints stop"),
    ),
    "AWS::EC2::VPCEndpoint": (
        ("network", "PolicyDocument", absent, "lets through every call: its policy is gone"),
        ("interrupt", "PrivateDnsEnabled", off, "is not found by the service's name any more"),
    ),
    "AWS::EC2::FlowLog": (
        ("protection", "TrafficType", other_than("ALL"), "does not record all traffic any more"),
    ),
    "AWS::EC2::Volume": (("protection", "Encrypted", off, "is not encrypted any more"),),
    "AWS::S3::Bucket": (
        ("protection", "BucketEncryption", absent, "names no encryption any more"),
        ("protection", f"{_SSE}/SSEAlgorithm", other_than("aws:kms"), _NO_KEY),
        ("protection", f"{_SSE}/KMSMasterKeyID", absent, _NO_KEY),
        ("network+", "AccessControl", _PUBLIC_ACL, "is open to everyone by its access list"),
        ("network+", "WebsiteConfiguration", there, "serves its objects as a website"),
        (
            *("network+", "CorsConfiguration/CorsRules/*/AllowedOrigins/*", one_of("*")),
            "answers scripts of every website",
        ),
        ("network+", "ReplicationConfiguration", there, "copies its objects into another bucket"),
        (
            *("protection", "OwnershipControls/Rules/*/ObjectOwnership", _BY_LISTS),
            "allows access lists again",
        ),
        *(
            ("protection+", f"PublicAccessBlockConfiguration/{name}", off, f"is without {name}")
            for name in _BLOCKS
        ),
        (
            *("protection", "VersioningConfiguration/Status", other_than("Enabled")),
            "keeps no older versions any more",
        ),
        ("protection", "LoggingConfiguration", absent, "does not log access any more"),
        ("protection", "ObjectLockEnabled", off, "locks no objects any more"),
        ("protection", "OwnershipControls", absent, "allows access lists again"),
    ),
    "AWS::ECR::Repository": (
        (
            *("protection", "ImageTagMutability", other_than("IMMUTABLE")),
            "lets a tag come to mean another image",
        ),
        (
            *("protection", "ImageScanningConfiguration/ScanOnPush", off),
            "does not scan what is pushed any more",
        ),
    ),
    "AWS::SNS::Subscription": (
        ("network+", "Protocol", one_of("http"), "sends its messages without encryption"),
    ),
    "AWS::SNS::Topic": (("protection", "KmsMasterKeyId", absent, "is not encrypted any more"),),
    "AWS::SQS::Queue": (
        ("protection", "SqsManagedSseEnabled", one_of("false"), "is not encrypted any more"),
        ("protection", "KmsMasterKeyId", absent, _NO_KEY),
    ),
    "AWS::Logs::LogGroup": (("protection", "KmsKeyId", absent, _NO_KEY),),
    "AWS::KMS::Key": (
        ("protection", "EnableKeyRotation", off, "is not rotated any more"),
        ("protection+", "BypassPolicyLockoutSafetyCheck", on, "may lock out everyone"),
        ("interrupt", "Enabled", one_of("false"), "is disabled: what it encrypted is unreadable"),
    ),
    "Custom::ModelFleet": (
        ("protection", "Retain", off, "deletes its index and archives with itself"),
    ),
}
