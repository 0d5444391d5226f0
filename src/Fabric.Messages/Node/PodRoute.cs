namespace Fabric.Messages;

/// <summary>A route in a pod; without a gateway it is on the link.</summary>
public sealed record PodRoute(Cidr Destination, IpAddress? Gateway);
