namespace Fabric.Ovs.OpenFlow;

/// <summary>How ovs-ofctl writes the value of a field.</summary>
internal enum FieldFormat
{
    Decimal,
    Hex,
    Mac,
    Ipv4,
    Ipv6,
    CtState,
    Port16,
    Port32,
    Fragment,
    TcpFlags,
}
