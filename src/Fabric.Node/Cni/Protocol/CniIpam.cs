namespace Fabric.Node.Cni;

/// <summary>The configuration's choice of another plugin for addresses.</summary>
/// <param name="Type">The plugin's file name.</param>
/// <param name="Raw">The <c>ipam</c> object as it stands; its other keys are the plugin's.</param>
public sealed record CniIpam(string Type, string Raw);
