namespace Fabric.Ovs.OpenFlow;

/// <summary>Action types of OpenFlow 1.5.1, 7.2.6.</summary>
internal enum ActionType : ushort
{
    Output = 0,
    PushVlan = 17,
    PopVlan = 18,
    Group = 22,
    DecNwTtl = 24,
    SetField = 25,
    CopyField = 28,
    Experimenter = 0xffff,
}
