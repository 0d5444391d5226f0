using Fabric.Node.Kubernetes;

namespace Fabric.Node;

/// <summary>Every option of the agent. Names and defaults are an interface: others script against them.</summary>
public static class NodeOptionSpecs
{
    public static IReadOnlyList<OptionSpec> All { get; } =
    [
        new("node-name", "NAME", "This node's name, unique in the cluster.", null, "the host's name"),
        new("state-dir", "DIR", "Journal, node uid and lock of this node; one agent only.", "/var/lib/fabric"),
        new("cluster-store", "URI", "Where the cluster's journal and leases are: sqlite:PATH, etcd://HOST:PORT[,…] or kubernetes:.", "sqlite:/var/lib/fabric/cluster.db"),
        new("cluster-name", "NAME", "Names the cluster's streams and its default network; every cluster needs a store of its own.", "default"),
        new("cluster-cidr", "CIDR[,CIDR6]", "The pods' addresses in the whole cluster.", "10.244.0.0/16"),
        new("pod-cidr-source", "fabric|kubernetes", "Who gives each node its pod CIDR: Fabric, or Node.spec.podCIDRs; chosen once for a cluster.", "fabric"),
        new("node-prefix-length", "N", "The size of each node's IPv4 block.", "24"),
        new("node-prefix-length-v6", "N", "The size of each node's IPv6 block.", "64"),
        new("underlay-address", "ADDR[,ADDR6]", "This node's address for tunnels.", null, "the source address of the default route"),
        new("overlay", "vxlan|geneve|gre", "The encapsulation between nodes.", "vxlan"),
        new("overlay-port", "PORT", "The overlay's UDP port.", null, "4789 for vxlan, 6081 for geneve"),
        new("service-cidr", "CIDR[,CIDR6]", "Service addresses, which kube-proxy serves on the host; checked against --cluster-cidr.", "10.96.0.0/12"),
        new("no-masquerade-cidr", "CIDR[,…]", "Further destinations that pods reach under their own address.", ""),
        new("kubernetes", "auto|off|in-cluster|PATH", "The Kubernetes API that this node is a Node of; PATH is a kubeconfig.", "auto", "auto: that of a kubernetes: cluster store, else off"),
        new("startup-taint", "KEY", "A taint that goes from this node's Node object once pods can be attached.", ""),
        new("bridge-marker", "on|off", "Write each bridge of Open vSwitch to this Node's resources, as ovs-cni's marker does.", "off"),
        new("bridge-marker-prefix", "NAME", "What the resources' names begin with: NAME/BRIDGE.", BridgeResources.DefaultPrefix),
        new("bridge-marker-capacity", "N", "How many pod interfaces a bridge takes.", "1000"),
        new("vni", "N", "The VNI of the default network, 1–16777215.", "1"),
        new("mtu", "auto|N", "The pods' MTU in bytes.", "auto", "the underlay's less the encapsulation"),
        new("bridge", "NAME", "The integration bridge; Fabric's own entirely.", "br-fabric"),
        new("ovs-db", "unix:PATH", "Open vSwitch's database.", "unix:/var/run/openvswitch/db.sock"),
        new("ovs-run-dir", "DIR", "Where <bridge>.mgmt is.", "/var/run/openvswitch"),
        new("datapath-type", "system|netdev", "The bridge's datapath.", "system"),
        new("cni-socket", "PATH", "Where the CNI binary finds the agent.", "/run/fabric/cni.sock"),
        new("admin-socket", "PATH", "Where the fabric command finds the agent (HTTP, JSON).", "/run/fabric/admin.sock"),
        new("install-cni-bin", "DIR", "Put fabric-cni there, the runtime's plugin directory.", ""),
        new("install-cni-conf", "DIR", "Put the network configuration there once pods can be attached.", ""),
        new("install-cni-conf-name", "NAME", "The configuration's file name; runtimes take the first.", "10-fabric.conflist"),
        new("install-cni-from", "PATH", "The fabric-cni to put there.", null, "beside fabric-node"),
        new("install-compatibility-names", "on|off", "Also under the names ovs and linen, for configurations of those.", "off"),
        new("metrics-address", "HOST:PORT|off", "Prometheus metrics over HTTP.", "off"),
        new("health-address", "HOST:PORT|off", "/healthz, /readyz and /startupz over HTTP, for probes.", "127.0.0.1:9440"),
        new("lease-duration", "TIME", "After this time without renewal a node counts as unreachable.", "10s"),
        new("removal-after", "TIME|off", "A node silent for this time leaves the mesh; it keeps its pod CIDR.", "off"),
        new("quarantine", "TIME", "How long a freed pod CIDR rests before another node gets it.", "10m"),
        new("bfd", "on|off", "Watch the path to each peer by BFD.", "off"),
        new("drift", "repair|report", "What to do about foreign flows on the bridge.", "repair"),
        new("log-level", "LEVEL", "trace, debug, information, warning, error or critical.", "information"),
    ];

    public static OptionSpec Named(string name) => All.First(o => o.Name == name);
}
