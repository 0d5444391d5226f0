namespace Fabric.Node.Pipeline;

/// <summary>
/// The tables of br-fabric in the order a packet visits them; the value is the OpenFlow table number. Packets only go
/// to tables with higher numbers, which goto_table makes Open vSwitch enforce (OpenFlow 1.5.1, 5.1).
/// </summary>
/// <remarks>
/// Numbers stand ten apart, so that a table can be put between two others without renumbering: the numbers appear in
/// journalled flow text. Tables of this release are described in docs/ovs-pipeline.md, the others are named here so
/// that their place is settled, and hold no flows.
/// </remarks>
public enum PipelineTable : byte
{
    /// <summary>Where the packet comes from: sets the source class, the network and its conntrack zone.</summary>
    Classifier = 0,

    /// <summary>Pods send only with their own MAC and addresses, and never to a VTEP's overlay port.</summary>
    SpoofGuard = 10,

    /// <summary>Answers ARP and neighbour solicitations; lets only frames to the virtual MAC go on.</summary>
    ArpNdResponder = 20,

    /// <summary>Second half of a neighbour's answer: fields that exist only once the type is advertisement.</summary>
    NdAdvertisement = 30,

    /// <summary>Looks the packet up in its network's conntrack zone.</summary>
    Conntrack = 40,

    /// <summary>Drops invalid packets; sends replies of the host's connections back to the host.</summary>
    ConntrackState = 50,

    /// <summary>Room: a client that has an endpoint keeps it.</summary>
    ServiceAffinity = 60,

    /// <summary>Room: ClusterIP, NodePort and LoadBalancer to a select group.</summary>
    ServiceLoadBalance = 70,

    /// <summary>Room: the chosen endpoint's address translation.</summary>
    EndpointDnat = 80,

    /// <summary>Room: NetworkPolicy egress rules.</summary>
    EgressPolicy = 90,

    /// <summary>Room: what isolated pods may not send.</summary>
    EgressDefault = 100,

    /// <summary>Chooses the way out: local pod, peer or gateway.</summary>
    Forward = 110,

    /// <summary>Room: NetworkPolicy ingress rules.</summary>
    IngressPolicy = 120,

    /// <summary>Room: what isolated pods do not receive.</summary>
    IngressDefault = 130,

    /// <summary>Commits new connections.</summary>
    Commit = 140,

    /// <summary>Sends the packet to the port that Forward chose.</summary>
    Output = 150,
}
